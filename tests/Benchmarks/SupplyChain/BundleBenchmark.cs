using System.Diagnostics;
using System.Text;
using EnterpriseAI.SupplyChain;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.Benchmarks.SupplyChain;

/// <summary>
/// One bundle read and verified, on one thread and with a trusted root that was read before: a certificate with its promise to a log, an
/// entry with promise, proof and checkpoint, a signed timestamp, and the signature of a small artifact.
/// </summary>
internal static class BundleBenchmark
{
    private const int Bundles = 100, Warmups = 5, Rounds = 15;

    private const string PublicCase = "happy-path-v0.3";
    private const string PublicIdentity = "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main";
    private const string PublicIssuer = "https://token.actions.githubusercontent.com";

    public static IReadOnlyList<Figure> Run()
    {
        var made = new MiniSigstore(new MiniShape { Timestamped = true }).Build();
        List<Figure> figures = [Measure("bundle_ms", Encoding.UTF8.GetBytes(made.Bundle), made.Artifact, made.Verifier(), made.Policy)];
        // Lies beside the repository on some machines.
        if (Vectors() is { } vectors)
        {
            var folder = Path.Combine(vectors, "bundle-verify");
            var policy = new VerificationPolicy { CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = PublicIdentity, Issuer = PublicIssuer } };
            var verifier = new SigstoreVerifier(TrustedRoot.Deserialize(File.ReadAllBytes(Path.Combine(vectors, "prod_trusted_root.json"))));
            figures.Add(Measure("bundle_public_ms", File.ReadAllBytes(Path.Combine(folder, PublicCase, "bundle.sigstore.json")), File.ReadAllBytes(Path.Combine(folder, "a.txt")), verifier, policy));
        }
        return figures;
    }

    private static Figure Measure(string name, byte[] bundle, byte[] artifact, SigstoreVerifier verifier, VerificationPolicy policy)
    {
        var times = new List<double>();
        for (var round = -Warmups; round < Rounds; round++)
        {
            var started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Bundles; i++)
                verifier.Verify(artifact, SigstoreBundle.Deserialize(bundle), policy);
            if (round >= 0)
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds / Bundles);
        }
        return Figure.Of(name, times, "ms");
    }

    private static string? Vectors()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "shared", "vectors", "sigstore") is var candidate && Directory.Exists(Path.Combine(candidate, "bundle-verify", PublicCase)))
                return candidate;
        return null;
    }
}
