using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Who is trusted besides the holder of a key, and what a revocation does.</summary>
public class TrustTests
{
    private const string Identity = "stefanb@us.ibm.com", Issuer = "https://sigstore.verify.ibm.com/oauth2";

    [Test]
    public async Task A_model_with_a_revocation_notice_is_not_loaded_and_says_why()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Write("model.onnx", OnnxModels.Linear());
        var notice = folder.File("reason");
        var options = new ModelOptions { Model = model, RevokedFile = notice };
        (await ModelLoader.LoadAsync(options, CancellationToken.None)).Dispose();

        folder.Write("reason", "revoked: trained on mislabelled rows");
        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => ModelLoader.LoadAsync(options, CancellationToken.None));
        Assert.That((refused!.Reason, refused.ExitCode), Is.EqualTo((ModelRefusedException.Revoked, 1)));
        Assert.That(refused.Message, Does.Contain("trained on mislabelled rows"));
    }

    [TestCase(Identity, Issuer, "ArtifactNotFound")]
    [TestCase("mallory@example.com", Issuer, "IdentityMismatch")]
    [TestCase(Identity, "https://accounts.google.com", "IdentityMismatch")]
    public async Task A_keyless_signature_counts_only_for_the_identity_and_issuer_that_are_asked_for(string identity, string issuer, string reason)
    {
        // A model that others signed; it holds no ONNX file, so that what is signed as asked for is refused one step later.
        var folder = Vectors.Folder("oms/v1.1.0-sigstore");
        var root = Path.Combine(Vectors.Folder("sigstore"), "prod_trusted_root.json");
        var refused = await Assert.ThrowsAsync<ModelRefusedException>(() => ModelLoader.LoadAsync(new ModelOptions
        {
            Model = folder,
            RequireSignature = true,
            Identity = new CertificateIdentity { SubjectAlternativeName = identity, Issuer = issuer },
            TrustedRootFile = root,
        }, CancellationToken.None));
        Assert.That(refused!.Reason, Is.EqualTo(reason), refused.Message);
    }

    [TestCase("--certificate-identity=a@example.com")]
    [TestCase("--certificate-identity=a@example.com", "--certificate-oidc-issuer=https://issuer.example")]
    [TestCase("--certificate-identity=a@example.com", "--certificate-oidc-issuer=https://issuer.example", "--trusted-root=r.json", "--public-key=k.pub")]
    public void An_identity_without_issuer_and_root_or_beside_a_key_is_refused(params string[] arguments)
    {
        var parsed = InspectCommand.Create().Parse(["--model=m.onnx", .. arguments]);
        Assert.That(parsed.Errors.Select(error => error.Message), Has.Some.Contains("--certificate-identity"));
    }
}
