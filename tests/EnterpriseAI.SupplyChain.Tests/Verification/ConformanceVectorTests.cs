using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>The public bundles of sigstore-conformance: each by the artifact's path and by its digest.</summary>
public class ConformanceVectorTests
{
    private const string Identity = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    private const string Issuer = "https://token.actions.githubusercontent.com";

    // Read when tests are collected, where nothing can be ignored yet: without vectors there is one case that says so.
    private static IEnumerable<string> Cases() => Vectors.Find("sigstore") is { } folder
        ? Directory.EnumerateDirectories(Path.Combine(folder, "bundle-verify")).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
        : ["(not present)"];

    [TestCaseSource(nameof(Cases))]
    public async Task A_bundle_verifies_by_path_and_by_digest_or_is_refused_by_both(string name)
    {
        var vectors = Vectors.Folder("sigstore");
        var folder = Path.Combine(vectors, "bundle-verify", name);
        var artifact = Path.Combine(folder, "artifact");
        if (!File.Exists(artifact))
            artifact = Path.Combine(vectors, "bundle-verify", "a.txt");
        var bundle = new FileInfo(Path.Combine(folder, "bundle.sigstore.json"));
        var digest = SHA256.HashData(await File.ReadAllBytesAsync(artifact));

        var byPath = await RefusalAsync(async () => await (await VerifierAsync(vectors, folder)).VerifyFileAsync(new FileInfo(artifact), bundle, await PolicyAsync(folder)));
        var byDigest = await RefusalAsync(async () =>
            (await VerifierAsync(vectors, folder)).VerifyDigest(digest, HashAlgorithmType.Sha256, await SigstoreBundle.LoadAsync(bundle), await PolicyAsync(folder)));

        TestContext.Out.WriteLine(byPath);
        var mustFail = name.EndsWith("_fail", StringComparison.Ordinal);
        Assert.That(byPath is not null, Is.EqualTo(mustFail), byPath?.ToString());
        Assert.That(byDigest is not null, Is.EqualTo(mustFail), byDigest?.ToString());
    }

    private static async Task<SigstoreVerifier> VerifierAsync(string vectors, string folder)
    {
        var root = Path.Combine(folder, "trusted_root.json");
        return new SigstoreVerifier(await TrustedRoot.LoadAsync(File.Exists(root) ? root : Path.Combine(vectors, "prod_trusted_root.json")));
    }

    private static async Task<VerificationPolicy> PolicyAsync(string folder)
    {
        var key = Path.Combine(folder, "key.pub");
        return File.Exists(key)
            ? new VerificationPolicy { PublicKey = await VerificationKey.LoadAsync(key) }
            : new VerificationPolicy
            {
                CertificateIdentity = new CertificateIdentity
                {
                    SubjectAlternativeName = await TextAsync(Path.Combine(folder, "identity")) ?? Identity,
                    Issuer = await TextAsync(Path.Combine(folder, "issuer")) ?? Issuer,
                },
            };
    }

    private static async Task<string?> TextAsync(string file) => File.Exists(file) ? (await File.ReadAllTextAsync(file)).Trim() : null;

    private static async Task<string?> RefusalAsync(Func<Task<VerificationResult>> verify)
    {
        try
        {
            await verify();
            return null;
        }
        catch (SupplyChainException e)
        {
            return $"{(e as VerificationException)?.Step}: {e.Message}";
        }
    }

    /// <summary>The public cases that must be refused.</summary>
    internal static async Task<IReadOnlyList<RefusedCase>> RefusedAsync()
    {
        var vectors = Vectors.Folder("sigstore");
        var cases = new List<RefusedCase>();
        foreach (var name in Cases().Where(name => name.EndsWith("_fail", StringComparison.Ordinal)))
        {
            var folder = Path.Combine(vectors, "bundle-verify", name);
            var artifact = Path.Combine(folder, "artifact");
            var root = Path.Combine(folder, "trusted_root.json");
            cases.Add(new RefusedCase(name,
                await File.ReadAllBytesAsync(Path.Combine(folder, "bundle.sigstore.json")),
                await File.ReadAllBytesAsync(File.Exists(artifact) ? artifact : Path.Combine(vectors, "bundle-verify", "a.txt")),
                await File.ReadAllBytesAsync(File.Exists(root) ? root : Path.Combine(vectors, "prod_trusted_root.json")),
                await PolicyOrNullAsync(folder)));
        }
        return cases;
    }

    private static async Task<VerificationPolicy?> PolicyOrNullAsync(string folder)
    {
        try
        {
            return await PolicyAsync(folder);
        }
        catch (SupplyChainException)
        {
            return null;
        }
    }

    internal sealed record RefusedCase(string Name, byte[] Bundle, byte[] Artifact, byte[] Root, VerificationPolicy? Policy)
    {
        private TrustedRoot? parsed;

        public bool Verifies(VerificationStep? left)
        {
            try
            {
                var checks = left is { } step ? CheckSet.Without(step) : CheckSet.All;
                // Reading a root takes longer than all the rest; what is left out matters to it only here.
                var root = left is VerificationStep.TrustedRootMediaType or VerificationStep.TrustedRootValidity
                    ? TrustedRoot.Deserialize(Root, "root", checks) : parsed ??= TrustedRoot.Deserialize(Root);
                new SigstoreVerifier(root, checks).Verify(Artifact, SigstoreBundle.Deserialize(Bundle), Policy ?? throw new SupplyChainException(SupplyChainReason.KeyInvalid, "no key"));
                return true;
            }
            catch (SupplyChainException)
            {
                return false;
            }
        }
    }
}
