using EnterpriseAI.Api;
using EnterpriseAI.Cli.Tests.Verification;
using EnterpriseAI.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class VerifyAndSignTests
{
    private const string Name = "penguin-species-1.0.0";

    [Test]
    public async Task The_bytes_that_the_version_names_verify_with_the_key_in_the_cluster_or_one_at_hand([Values] bool hasKeyAtHand)
    {
        var cluster = new PenguinCluster { Forbidden = hasKeyAtHand ? "secrets" : null };
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        var run = await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path, .. hasKeyAtHand ? ["--key", penguins.PublicKeyFile] : Array.Empty<string>()]);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Lines[0], Does.StartWith("verified: digest sha256:"));
        Assert.That(run.Lines[1], Does.StartWith("verified: signed by key "));
        Assert.That(run.Lines, Has.Length.EqualTo(2));
    }

    [TestCase("a file changed", "changed after signing")]
    [TestCase("a file more", "was not signed")]
    [TestCase("a file less", "is missing")]
    [TestCase("no signature", "there is no")]
    [TestCase("another digest", "not sha256:")]
    [TestCase("another key", "not by the expected key")]
    [TestCase("no key", "give the public key with --key")]
    [TestCase("no permission", "may not be read by you")]
    [TestCase("no artifact", "does not exist")]
    public async Task Whatever_does_not_hold_fails(string fault, string named)
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        List<string> arguments = ["model", "verify", Name, "--artifact", fault == "no artifact" ? "/nowhere/model" : penguins.Path];
        switch (fault)
        {
            case "a file changed":
                penguins.Write("labels.txt", "Adelie\n");
                break;
            case "a file more":
                penguins.Write("more.txt", "x");
                break;
            case "a file less":
                penguins.Delete("labels.txt");
                break;
            case "no signature":
                penguins.Delete("model.sig");
                break;
            case "another digest":
                cluster.Put(PenguinVersions.V100(cluster.Now));
                break;
            case "another key":
                arguments.AddRange(["--key", penguins.OtherKeyFile]);
                break;
            case "no key":
                cluster.Server.Remove(CoreResources.Secrets, "research", "model-signing-pub");
                break;
            case "no permission":
                cluster.Forbidden = "secrets";
                break;
        }
        var run = await cluster.RunAsync([.. arguments]);
        Assert.That((run.Code, run.Output), Is.EqualTo((1, "")), run.Error);
        Assert.That(run.Error.TrimEnd(), Does.Contain(named).And.Not.Contain("\n"));
    }

    [Test]
    public async Task Without_a_wanted_signature_only_the_digest_is_checked_and_that_is_said()
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        var version = await Stored(cluster);
        cluster.Put(version with { Spec = version.Spec with { Signature = null } });
        penguins.Delete("model.sig");
        var run = await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path]);
        Assert.That((run.Code, run.Lines[1]), Is.EqualTo((0, "no signature was checked: the version asks for none, and no --key was given")), run.Error);
        run = await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path, "--key", penguins.PublicKeyFile]);
        Assert.That(run.Code, Is.EqualTo(1), "a key that is given is asked for");
    }

    [TestCase("--key", "not by a key")]
    [TestCase("--trusted-root", "/nowhere/root.json")]
    public async Task An_identity_is_checked_with_a_trusted_root(string option, string named)
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        var version = await Stored(cluster);
        cluster.Put(version with { Spec = version.Spec with { Signature = new SignatureRequirement { Keyless = new KeylessIdentity { Identity = "bob@example.com", Issuer = "https://issuer.example.com" } } } });
        var run = await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path, option, option == "--key" ? penguins.PublicKeyFile : "/nowhere/root.json"]);
        Assert.That(run.Code, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain(named));
    }

    [Test]
    public async Task An_identity_that_signed_verifies_with_its_trusted_root()
    {
        var vectors = Vectors.Folder("oms");
        using var folder = new ModelFolder(Path.Combine(vectors, "v1.1.0-sigstore"));
        File.Delete(folder.File("ignore-me"));
        var digest = (await SupplyChain.ModelVerifier.VerifyDigestsAsync(folder.Path, new SupplyChain.ModelVerificationPolicy())).Digest;
        var cluster = new PenguinCluster();
        var version = PenguinVersions.V100(cluster.Now);
        cluster.Put(version with
        {
            Spec = version.Spec with
            {
                Artifact = version.Spec.Artifact with { Digest = digest.ToString() },
                Signature = new SignatureRequirement { Keyless = new KeylessIdentity { Identity = "stefanb@us.ibm.com", Issuer = "https://sigstore.verify.ibm.com/oauth2" } },
            },
        });
        string[] arguments = ["model", "verify", Name, "--artifact", folder.Path, "--trusted-root", Path.Combine(Vectors.Folder("sigstore"), "prod_trusted_root.json")];
        var run = await cluster.RunAsync(arguments);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Lines[1], Does.Contain("stefanb@us.ibm.com (https://sigstore.verify.ibm.com/oauth2)"));

        cluster.Put(version with
        {
            Spec = version.Spec with
            {
                Artifact = version.Spec.Artifact with { Digest = digest.ToString() },
                Signature = new SignatureRequirement { Keyless = new KeylessIdentity { Identity = "mallory@us.ibm.com", Issuer = "https://sigstore.verify.ibm.com/oauth2" } },
            },
        });
        Assert.That((await cluster.RunAsync(arguments)).Code, Is.EqualTo(1));
    }

    [Test]
    public async Task Right_bytes_of_a_version_that_may_not_serve_are_told_so()
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        var version = await Stored(cluster);
        cluster.Put(version with { Status = version.Status! with { Phase = ModelVersionPhase.Revoked } });
        var run = await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path]);
        Assert.That((run.Code, run.Lines[^1]), Is.EqualTo((0, "mind: these are its bytes, but the version is Revoked")));
    }

    [Test]
    public async Task What_sign_prints_is_the_manifest_of_a_version_that_verifies()
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        penguins.Write("labels.txt", "other labels");
        var run = await cluster.RunAsync(["model", "sign", penguins.Path, "--key", penguins.KeyFile, "--model", "penguin-species", "--model-version", "1.0.0", "--uri", "pvc://models/penguin-species/1.0.0", "--public-key-secret", "model-signing-pub"]);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(cluster.Server.Requests, Is.Empty, "signing needs no cluster");
        var manifest = Yaml(run.Output);
        var spec = (YamlMappingNode)manifest["spec"];
        Assert.That((manifest["kind"].ToString(), manifest["metadata"]["name"].ToString(), spec["version"].ToString()), Is.EqualTo(("ModelVersion", Name, "1.0.0")));

        var version = await Stored(cluster);
        var created = version with { Spec = version.Spec with { Artifact = version.Spec.Artifact with { Digest = spec["artifact"]["digest"].ToString() } } };
        Assert.That(SpecValidation.Validate(created with { Status = null }), Is.Empty);
        cluster.Put(created);
        Assert.That((await cluster.RunAsync(["model", "verify", Name, "--artifact", penguins.Path])).Code, Is.Zero);
    }

    [Test]
    public async Task What_sign_cannot_know_is_refused_when_it_is_applied_as_it_is()
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        var spec = Yaml((await cluster.RunAsync(["model", "sign", penguins.Path, "--key", penguins.KeyFile])).Output)["spec"];
        var errors = SpecValidation.Validate(new ModelVersion
        {
            Metadata = new V1ObjectMeta { Name = "m" },
            Spec = new ModelVersionSpec
            {
                Model = spec["model"].ToString(),
                Version = spec["version"].ToString(),
                Artifact = new ModelArtifact { Uri = spec["artifact"]["uri"].ToString(), Digest = spec["artifact"]["digest"].ToString() },
                Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = spec["signature"]["publicKey"]["secretKeyRef"]["name"].ToString(), Key = "cosign.pub" } } },
            },
        });
        Assert.That(errors.Select(e => e.Path), Is.EqualTo((string[])["spec.model", "spec.version", "spec.artifact.uri", "spec.signature.publicKey.secretKeyRef.name"]));
    }

    [Test]
    public async Task A_certificate_is_for_those_who_have_its_authority()
    {
        var cluster = new PenguinCluster();
        using var penguins = await SignedPenguins.CreateAsync(cluster);
        using var elsewhere = new ModelFolder();
        using var pki = new OwnAuthority(elsewhere);
        var run = await cluster.RunAsync(["model", "sign", penguins.Path, "--key", pki.PrivateKey, "--certificate", pki.Certificate, "--cert-chain", pki.Intermediate]);
        Assert.That((run.Code, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.Contain("verify-model").And.Not.Contain("signature:"));
        Assert.That((await Plugin.RunAsync("verify-model", "--method", "certificate", "--model-path", penguins.Path, "--bundle", Path.Combine(penguins.Path, "model.sig"), "--cert-chain", pki.Root)).Error, Is.Empty);
    }

    private static Task<ModelVersion> Stored(PenguinCluster cluster) => cluster.Server.Client().GetAsync(ApiResources.ModelVersions, "research", Name);

    private static YamlMappingNode Yaml(string text)
    {
        var stream = new YamlStream();
        using var reader = new StringReader(text);
        stream.Load(reader);
        return (YamlMappingNode)stream.Documents[0].RootNode;
    }
}
