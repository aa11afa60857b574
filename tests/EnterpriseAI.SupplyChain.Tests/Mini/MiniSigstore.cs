using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>
/// A whole Sigstore instance in miniature: a certificate authority with its transparency log, Rekor v1 and v2 with their trees and
/// checkpoints, a witness, a timestamp authority, and the trusted root that names them.
/// </summary>
/// <remarks>
/// Everything that goes into a bundle can be replaced by a hook, and what comes after it is then made of the replacement: so a test
/// changes exactly one thing and the rest is what an honest instance would have made of it, signatures included.
/// </remarks>
internal sealed class MiniSigstore(MiniShape shape)
{
    public const string Identity = "signer@example.com";
    public const string Issuer = "https://issuer.example.com";
    public const string RekorV1 = "https://rekor1.example.com";
    public const string RekorV2 = "https://rekor2.example.com";

    /// <summary>When everything happens.</summary>
    public static readonly DateTimeOffset Now = new(2025, 6, 15, 12, 0, 0, TimeSpan.Zero);

    public static readonly MiniKey RootKey = MiniKey.P384("root");
    public static readonly MiniKey IntermediateKey = MiniKey.P384("intermediate");
    public static readonly MiniKey CtKey = MiniKey.P256("ct");
    public static readonly MiniKey RekorV1Key = MiniKey.P256("rekor1");
    public static readonly MiniKey RekorV2Key = MiniKey.Ed25519("rekor2");
    public static readonly MiniKey WitnessKey = MiniKey.Ed25519("witness");
    public static readonly MiniKey TsaRootKey = MiniKey.P384("tsa-root");
    public static readonly MiniKey TsaKey = MiniKey.P256("tsa");
    public static readonly MiniKey OtherKey = MiniKey.P256("other");

    public MiniShape Shape => shape;

    public byte[] Artifact { get; set; } = "the artifact"u8.ToArray();

    public MiniKey SignerKey { get; set; } = MiniKey.P256("signer");

    /// <summary>The key that really signs, when it is not the signer's.</summary>
    public MiniKey? SigningKey { get; set; }

    public Func<MiniCertificate, MiniCertificate> Root { get; set; } = static certificate => certificate;

    public Func<MiniCertificate, MiniCertificate> Intermediate { get; set; } = static certificate => certificate;

    public Func<MiniCertificate, MiniCertificate> Leaf { get; set; } = static certificate => certificate;

    /// <summary>The promises that the leaf carries.</summary>
    public Func<MiniPromise, MiniPromise[]> Promises { get; set; } = static promise => [promise];

    public Func<JsonObject, JsonObject> Statement { get; set; } = static statement => statement;

    /// <summary>The image whose payload is signed, or about which the statement is; null for another artifact.</summary>
    public OciDigest? Image { get; set; }

    /// <summary>With <see cref="Image"/> and a message: the document that is signed.</summary>
    public Func<JsonObject, JsonObject> Payload { get; set; } = static payload => payload;

    /// <summary>Changes the document's text itself.</summary>
    public Func<string, string> PayloadText { get; set; } = static text => text;

    public string PayloadType { get; set; } = DsseEnvelope.InTotoPayloadType;

    /// <summary>What is signed, when it is not the artifact.</summary>
    public byte[]? SignedInstead { get; set; }

    public Func<MiniCertificate, MiniCertificate> TsaLeaf { get; set; } = static certificate => certificate;

    public Func<MiniTimestamp, MiniTimestamp[]> Timestamps { get; set; } = static timestamp => [timestamp];

    public Func<JsonObject, JsonObject> EntryBody { get; set; } = static body => body;

    public Func<MiniLogEntry, MiniLogEntry> Entry { get; set; } = static entry => entry;

    public Func<SigstoreBundle, SigstoreBundle> Bundle { get; set; } = static bundle => bundle;

    /// <summary>Changes the bundle's JSON itself.</summary>
    public Func<JsonObject, JsonObject> BundleJson { get; set; } = static bundle => bundle;

    public Func<JsonObject, JsonObject> TrustedRootJson { get; set; } = static root => root;

    public Func<VerificationPolicy, VerificationPolicy> Policy { get; set; } = static policy => policy;

    /// <summary>Names a key as certificates do.</summary>
    public static byte[] KeyIdentifier(MiniKey key) => SHA1.HashData(key.SubjectPublicKeyInfo);

    /// <summary>Makes the bundle with everything around it.</summary>
    public MiniCase Build()
    {
        if (Image is not null && shape.Content is MiniContent.Message)
            Artifact = Encoding.UTF8.GetBytes(PayloadText(Payload(DefaultPayload(Image)).ToJsonString()));
        var root = Root(Authority("mini root", "mini root", RootKey, RootKey));
        var intermediate = Intermediate(Authority("mini intermediate", "mini root", IntermediateKey, RootKey, 0));
        var leaf = MakeLeaf(intermediate);
        var certificate = leaf.Encode();
        var material = shape.Managed ? SignerKey.SubjectPublicKeyInfo : certificate;

        var statement = shape.Content is MiniContent.Envelope ? Encoding.UTF8.GetBytes(Statement(DefaultStatement()).ToJsonString()) : null;
        var signed = SignedInstead ?? (statement is null ? Artifact : Dsse.PreAuthenticationEncoding(PayloadType, statement));
        var signature = (SigningKey ?? SignerKey).Sign(signed);

        var tsa = new MiniTimestampAuthority(TsaLeaf);
        var timestamps = shape.Timestamped ? Timestamps(tsa.Timestamp(signature)).Select(timestamp => (ReadOnlyMemory<byte>)timestamp.Encode()).ToList() : [];
        List<TransparencyLogEntry> entries = [];
        if (shape.Log is not MiniLog.None)
            entries.Add(Entry(MiniLogEntry.Of(shape, EntryBody(MiniEntryBody.Of(shape, Artifact, statement, PayloadType, signature, material, SignerKey.KeyDetails, shape.Managed)))).Make());

        var isChain = shape.Version is MiniVersion.V01 or MiniVersion.V02;
        var bundle = Bundle(new SigstoreBundle
        {
            MediaType = shape.Version switch
            {
                MiniVersion.V01 => "application/vnd.dev.sigstore.bundle+json;version=0.1",
                MiniVersion.V02 => "application/vnd.dev.sigstore.bundle+json;version=0.2",
                MiniVersion.V03Old => "application/vnd.dev.sigstore.bundle+json;version=0.3",
                _ => SigstoreBundle.MediaTypeV03,
            },
            VerificationMaterial = new VerificationMaterial
            {
                PublicKey = shape.Managed ? new PublicKeyIdentifier("a hint") : null,
                Certificate = !shape.Managed && !isChain ? certificate : (ReadOnlyMemory<byte>?)null,
                X509CertificateChain = !shape.Managed && isChain ? [certificate] : null,
                TlogEntries = entries,
                Rfc3161Timestamps = timestamps,
            },
            MessageSignature = statement is null ? new MessageSignature("SHA2_256", SHA256.HashData(Artifact), signature) : null,
            DsseEnvelope = statement is null ? null : new DsseEnvelope(statement, PayloadType, [new DsseSignature(signature)]),
        });
        var trusted = TrustedRootJson(MiniTrustedRoot.Of([intermediate.Encode(), root.Encode()], tsa.Chain));
        var json = BundleJson(JsonNode.Parse(bundle.Serialize())!.AsObject()).ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return new MiniCase(json, trusted.ToJsonString(), Policy(DefaultPolicy()), Artifact) { Image = Image };
    }

    public static MiniCertificate Authority(string subject, string issuer, MiniKey key, MiniKey signer, int? pathLength = null) => new()
    {
        Subject = subject,
        Issuer = issuer,
        Key = key,
        Signer = signer,
        Extensions = [MiniExtension.Authority(pathLength), MiniExtension.Usage(KeyUsages.KeyCertSign | KeyUsages.CrlSign), MiniExtension.Octets(Oids.SubjectKeyIdentifier, KeyIdentifier(key))],
    };

    private MiniCertificate MakeLeaf(MiniCertificate intermediate)
    {
        var leaf = Leaf(new MiniCertificate
        {
            Subject = "",
            Issuer = intermediate.Subject,
            Key = SignerKey,
            Signer = IntermediateKey,
            SerialNumber = 4242,
            NotBefore = Now.AddMinutes(-5),
            NotAfter = Now.AddMinutes(5),
            Extensions =
            [
                MiniExtension.Usage(KeyUsages.DigitalSignature),
                MiniExtension.Purposes(false, Oids.CodeSigning),
                MiniExtension.Names((1, Identity)),
                new MiniExtension(Oids.FulcioIssuerV1, false, Encoding.UTF8.GetBytes(Issuer)),
                MiniExtension.Text(Oids.FulcioIssuerV2, Issuer),
            ],
        });
        return MiniPromise.Put(leaf, Promises(new MiniPromise { Key = CtKey, Time = Now.AddMinutes(-5), IssuerKey = IntermediateKey }));
    }

    private JsonObject DefaultStatement() => new()
    {
        ["_type"] = "https://in-toto.io/Statement/v1",
        ["subject"] = new JsonArray(
            new JsonObject { ["name"] = "another", ["digest"] = new JsonObject { ["sha256"] = new string('0', 64) } },
            new JsonObject { ["name"] = "artifact", ["digest"] = new JsonObject { ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(Artifact)) } }),
        ["predicateType"] = Image is null ? "https://example.com/predicate" : "https://sigstore.dev/cosign/sign/v1",
        ["predicate"] = new JsonObject(),
    };

    private static JsonObject DefaultPayload(OciDigest image) => new()
    {
        ["critical"] = new JsonObject
        {
            ["identity"] = new JsonObject { ["docker-reference"] = "registry.example.com/acme/model" },
            ["image"] = new JsonObject { ["docker-manifest-digest"] = image.ToString() },
            ["type"] = "cosign container image signature",
        },
        ["optional"] = null,
    };

    private VerificationPolicy DefaultPolicy() => new()
    {
        PublicKey = shape.Managed ? VerificationKey.FromPem(SignerKey.Pem) : null,
        CertificateIdentity = shape.Managed ? null : new CertificateIdentity { SubjectAlternativeName = Identity, Issuer = Issuer },
        RequireTransparencyLog = shape.Log is not MiniLog.None,
        RequireSignedTimestamps = shape.Timestamped,
    };
}

/// <summary>A bundle with all that is needed to verify it.</summary>
internal sealed record MiniCase(string Bundle, string TrustedRoot, VerificationPolicy Policy, byte[] Artifact)
{
    /// <summary>The image that the bundle must sign; null for an artifact.</summary>
    public OciDigest? Image { get; init; }

    public VerificationResult Verify(CheckSet? checks = null)
    {
        checks ??= CheckSet.All;
        var bundle = SigstoreBundle.Deserialize(Bundle);
        return Image is null ? Verifier(checks).Verify(Artifact, bundle, Policy)
            : bundle.MessageSignature is null ? ImageStatement.Verify(Verifier(checks), checks, Artifact, bundle, Policy)
            : ImagePayload.Verify(Verifier(checks), checks, Artifact, bundle, Policy, Image);
    }

    public SigstoreVerifier Verifier(CheckSet? checks = null) =>
        new(SupplyChain.TrustedRoot.Deserialize(Encoding.UTF8.GetBytes(TrustedRoot), "root", checks ?? CheckSet.All), checks ?? CheckSet.All, new FixedTime(MiniSigstore.Now));

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
