using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>A Sigstore bundle, v0.1 to v0.3: a signature with all that is needed to verify it offline.</summary>
/// <remarks>Reading one checks its form only; nothing in it may be believed before <see cref="SigstoreVerifier"/> has verified it.</remarks>
public sealed record SigstoreBundle
{
    /// <summary>Largest bundle that is read, in bytes.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>The media type of the bundles that are written here.</summary>
    public const string MediaTypeV03 = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>Says the version of the bundle's form.</summary>
    public required string MediaType { get; init; }

    /// <summary>Who signed, and the evidence for it.</summary>
    public required VerificationMaterial VerificationMaterial { get; init; }

    /// <summary>The signature of an artifact. Either this or <see cref="DsseEnvelope"/> is set.</summary>
    public MessageSignature? MessageSignature { get; init; }

    /// <summary>A signed statement about artifacts.</summary>
    public DsseEnvelope? DsseEnvelope { get; init; }

    /// <summary>The version that <see cref="MediaType"/> says; null for one that is not known here.</summary>
    internal BundleVersion? Version => MediaType switch
    {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => BundleVersion.V01,
        "application/vnd.dev.sigstore.bundle+json;version=0.2" => BundleVersion.V02,
        "application/vnd.dev.sigstore.bundle+json;version=0.3" or MediaTypeV03 => BundleVersion.V03,
        _ => null,
    };

    /// <summary>Reads a bundle.</summary>
    /// <exception cref="VerificationException"><see cref="VerificationStep.BundleFormat"/>, naming the field.</exception>
    public static SigstoreBundle Deserialize(string json) => Deserialize(Encoding.UTF8.GetBytes(json));

    /// <summary>Reads a bundle.</summary>
    /// <param name="json">The bundle as UTF-8.</param>
    /// <param name="name">What to call the bundle in errors.</param>
    /// <exception cref="VerificationException"><see cref="VerificationStep.BundleFormat"/>, naming the field.</exception>
    public static SigstoreBundle Deserialize(ReadOnlyMemory<byte> json, string name = "bundle") => json.Length <= MaxBytes
        ? ProtoMessage.Parse(json, name, VerificationStep.BundleFormat, BundleReader.Read)
        : throw new VerificationException(VerificationStep.BundleFormat, $"'{name}' is larger than {MaxBytes} bytes: it is not a bundle");

    /// <summary>Reads a bundle file.</summary>
    /// <exception cref="SupplyChainException">The file cannot be read, or is not a bundle.</exception>
    public static async Task<SigstoreBundle> LoadAsync(FileInfo file, CancellationToken cancellationToken = default) =>
        Deserialize(await SmallFile.ReadAsync(file.FullName, MaxBytes, "bundle", cancellationToken).ConfigureAwait(false), file.FullName);

    /// <summary>Writes the bundle.</summary>
    public string Serialize() => Encoding.UTF8.GetString(BundleWriter.Write(this));
}

/// <summary>The versions of the bundle's form, which differ in the evidence that they must carry.</summary>
internal enum BundleVersion
{
    V01,
    V02,
    V03,
}

/// <summary>The signature of an artifact.</summary>
/// <param name="Algorithm">The hash of <paramref name="Digest"/>, e.g. <c>SHA2_256</c>; null without.</param>
/// <param name="Digest">The artifact's digest, for finding the artifact; null without.</param>
/// <param name="Signature">The signature over the artifact.</param>
public sealed record MessageSignature(string? Algorithm, ReadOnlyMemory<byte>? Digest, ReadOnlyMemory<byte> Signature);

/// <summary>A signed payload with its type (DSSE).</summary>
public sealed record DsseEnvelope(ReadOnlyMemory<byte> Payload, string PayloadType, IReadOnlyList<DsseSignature> Signatures)
{
    /// <summary>The payload type of in-toto statements.</summary>
    public const string InTotoPayloadType = "application/vnd.in-toto+json";

    /// <summary>Reads the payload as an in-toto statement, without looking at the signature.</summary>
    /// <exception cref="VerificationException"><see cref="VerificationStep.StatementFormat"/>.</exception>
    public InTotoStatement GetStatement() => InTotoStatement.Parse(Payload);

    /// <summary>What is really signed: the payload and its type, each with its length.</summary>
    internal byte[] PreAuthenticationEncoding() => Dsse.PreAuthenticationEncoding(PayloadType, Payload.Span);
}

/// <summary>A signature of an envelope.</summary>
/// <param name="Sig">The signature.</param>
/// <param name="KeyId">A hint at the key; means nothing here.</param>
public sealed record DsseSignature(ReadOnlyMemory<byte> Sig, string? KeyId = null);
