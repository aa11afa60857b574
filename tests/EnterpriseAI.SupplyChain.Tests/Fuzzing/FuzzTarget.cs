using System.Security.Cryptography;
using System.Text;
using EnterpriseAI.SupplyChain.Tests.Cosign;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Something that reads what strangers wrote.</summary>
/// <param name="Name">What it reads.</param>
/// <param name="Share">Its part of all inputs, in per cent.</param>
/// <param name="Seeds">What it accepts.</param>
/// <param name="Change">Makes another input of an accepted one.</param>
/// <param name="Read">Reads what was made of the seed with this number; the one exception that it may throw is <see cref="SupplyChainException"/>.</param>
internal sealed record FuzzTarget(string Name, int Share, Lazy<byte[][]> Seeds, Func<byte[], Random, byte[]> Change, Action<int, byte[]> Read)
{
    private static readonly Lazy<MiniCase[]> Cases = new(static () => [.. MiniShape.Valid().Select(static shape => new MiniSigstore(shape).Build())]);

    // Certificates are signed anew each time, so each bundle has a root of its own.
    private static readonly Lazy<SigstoreVerifier[]> Verifiers = new(static () => [.. Cases.Value.Select(static made => made.Verifier())]);

    private static readonly Lazy<(byte[] Json, SigstoreVerifier Verifier)[]> Old = new(static () =>
    [
        .. new[] { false, true }.Select(static managed => new MiniSigstore(new MiniShape { Version = MiniVersion.V01, Managed = managed }).Build())
            .Select(static made => (Encoding.UTF8.GetBytes(CosignForms.OneFile(SigstoreBundle.Deserialize(made.Bundle)).ToJsonString()), made.Verifier())),
    ]);

    private static readonly VerificationPolicy Keyless = new()
    {
        CertificateIdentity = new CertificateIdentity { SubjectAlternativeName = MiniSigstore.Identity, Issuer = MiniSigstore.Issuer },
        RequireTransparencyLog = false,
    };

    private static readonly VerificationPolicy Managed = new() { PublicKey = VerificationKey.FromPem(MiniKey.P256("signer").Pem), RequireTransparencyLog = false };

    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new("bundle", 26, new(() => [.. Cases.Value.Select(static made => Encoding.UTF8.GetBytes(made.Bundle))]), JsonMutation.Change, static (seed, json) => ReadBundle(Verifiers.Value[seed], json)),
        new("bundle in cosign's old form", 6, new(() => [.. Old.Value.Select(static old => old.Json)]), JsonMutation.Change, static (seed, json) => ReadBundle(Old.Value[seed].Verifier, json)),
        new("statement", 4, new(() => [.. Envelopes().Select(static envelope => envelope.Payload.ToArray())]), JsonMutation.Change, static (_, json) => InTotoStatement.Parse(json)),
        new("log entry", 7, new(() => [.. Bundles().SelectMany(static b => b.VerificationMaterial.TlogEntries).Select(static entry => entry.CanonicalizedBody.ToArray())]), JsonMutation.Change,
            static (_, json) => LogEntryReader.Read(json)),
        new("checkpoint", 6, new(() => [.. Checkpoints()]), LineMutation.Change, static (_, text) => Checkpoint.Parse(Encoding.UTF8.GetString(text))),
        new("certificate", 16, new(() => [.. Certificates()]), DerMutation.Change, static (_, der) => ReadCertificate(der)),
        new("timestamp", 12, new(() => [.. Bundles().SelectMany(static b => b.VerificationMaterial.Rfc3161Timestamps).Select(static t => t.ToArray())]), DerMutation.Change, static (_, der) => ReadTimestamp(der)),
        new("model signature", 5, new(() => [ModelSignatureBundle.Write(ModelStatement(false), new byte[70], new VerificationMaterial { PublicKey = new PublicKeyIdentifier("hint") })]),
            JsonMutation.Change, static (_, json) => ModelSignatureBundle.Parse(json, "model.sig")),
        new("model manifest", 6, new(() => [ModelStatement(false), ModelStatement(true)]), JsonMutation.Change, static (_, json) => ModelManifest.Read(json, "model.sig")),
        new("trusted root", 4, new(() => [Encoding.UTF8.GetBytes(Cases.Value[0].TrustedRoot)]), JsonMutation.Change, static (_, json) => TrustedRoot.Deserialize(json)),
        new("docker config", 2, new(() => [.. Utf8("""{"auths":{"ghcr.io":{"auth":"YTpi"},"https://index.docker.io/v1/":{"identitytoken":"x"}},"credHelpers":{"a.io":"b"},"credsStore":"c"}""")]),
            JsonMutation.Change, static (_, json) => DockerConfig.Parse(json)),
        new("manifest of a registry", 4, new(() => [.. Manifests()]), JsonMutation.Change, static (_, json) => OciManifest.Parse(json)),
        new("reference", 1, new(() => [.. Utf8("ghcr.io/acme/model:1.0.0@sha256:" + new string('0', 64), "[::1]:5000/a")]), ByteMutation.Change, static (_, text) => OciReference.Parse(Encoding.UTF8.GetString(text))),
        new("challenge", 1, new(() => [.. Utf8("realm=\"https://auth.example.com/token\",service=\"s\",scope=\"repository:a:pull\"")]), ByteMutation.Change,
            static (_, text) => RegistryAuthorization.Parameters(Encoding.UTF8.GetString(text))) { CanRefuse = false },
    ];

    /// <summary>False for what takes any input for something.</summary>
    public bool CanRefuse { get; private init; } = true;

    public override string ToString() => Name;

    private static IEnumerable<SigstoreBundle> Bundles() => Cases.Value.Select(static made => SigstoreBundle.Deserialize(made.Bundle));

    private static IEnumerable<DsseEnvelope> Envelopes() => Bundles().Select(static bundle => bundle.DsseEnvelope).OfType<DsseEnvelope>();

    private static IEnumerable<byte[]> Utf8(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);

    private static IEnumerable<byte[]> Checkpoints() =>
        Utf8([.. Bundles().SelectMany(static b => b.VerificationMaterial.TlogEntries).Select(static entry => entry.InclusionProof?.Checkpoint).OfType<string>()]);

    private static IEnumerable<byte[]> Certificates()
    {
        foreach (var key in new[] { MiniKey.P256("p256"), MiniKey.P384("p384"), MiniKey.P521("p521"), MiniKey.Ed25519("ed25519"), MiniKey.Rsa })
            yield return MiniSigstore.Authority("authority", "authority", key, key, 1).Encode();
        foreach (var bundle in Bundles())
            if (bundle.VerificationMaterial.Certificate is { } leaf)
                yield return leaf.ToArray();
        var signer = MiniKey.P256("signer");
        yield return new MiniCertificate { Subject = "s", Issuer = "s", Key = signer, Signer = signer, Extensions = [MiniExtension.OtherName("somebody"), MiniExtension.Purposes(true, Oids.CodeSigning, Oids.TimeStamping)] }.Encode();
    }

    private static byte[] ModelStatement(bool shards)
    {
        var parts = new PartHashing(ContentHashKind.Sha256, shards ? 5 : null);
        var names = shards ? new[] { "model.onnx:0:5", "model.onnx:5:10" } : ["a/b", "model.onnx"];
        var contents = new ArtifactContents("model", true, [], new Dictionary<string, ReadOnlyMemory<byte>>(), names.ToDictionary(static name => name, static name => SHA256.HashData(Encoding.UTF8.GetBytes(name))));
        return ModelManifest.Write(contents, shards ? parts : PartHashing.Files, "model", [".git", "ignored"]);
    }

    private static IEnumerable<byte[]> Manifests()
    {
        var descriptor = new OciDescriptor("a/b", OciDigest.Of("a"u8), 1) { ArtifactType = "c/d", Annotations = new Dictionary<string, string> { ["k"] = "v" }, Platform = new OciPlatform("amd64", "linux") };
        yield return new OciManifest { Config = descriptor, Layers = [descriptor, descriptor], Subject = descriptor, ArtifactType = "e/f", Annotations = descriptor.Annotations }.Serialize();
        yield return new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = [descriptor, descriptor] }.Serialize();
    }

    private static void ReadBundle(SigstoreVerifier verifier, byte[] json)
    {
        var bundle = SigstoreBundle.Deserialize(json);
        verifier.Verify("the artifact"u8.ToArray(), bundle, bundle.VerificationMaterial.PublicKey is null ? Keyless : Managed);
    }

    private static void ReadCertificate(byte[] der)
    {
        var certificate = Certificate.Parse(der, "it");
        _ = certificate.IsSelfSigned;
        FulcioNames.Subjects(certificate);
        FulcioNames.Issuer(certificate);
        foreach (var promise in CertificateTimestamp.In(certificate))
            promise.SignedData(certificate, certificate);
    }

    private static void ReadTimestamp(byte[] der)
    {
        var token = TimestampToken.Parse(der);
        _ = (token.SignedContentType, token.SignedMessageDigest);
        foreach (var certificate in token.Certificates)
            _ = token.IsSigner(certificate) && token.NamesSigner(certificate) && certificate.Key.Verify(token.Scheme ?? SignatureScheme.Ed25519, token.SignedAttributes, token.Signature.Span);
    }
}
