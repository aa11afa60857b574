using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>
/// What cosign wrote before there were bundles: a signature, a certificate or key, and a log's promise, each in a file or annotation of
/// its own or all in one file. Read as a bundle v0.1, whose evidence is the same.
/// </summary>
public static class CosignBundle
{
    private const int MaxCertificates = 10;
    private const int MaxPemLength = 64 << 10;

    /// <summary>Puts together what <c>sign-blob</c> wrote into several files.</summary>
    /// <param name="signature">The signature's base64.</param>
    /// <param name="certificate">The PEM of the signing certificate, or its base64; null when a key signed.</param>
    /// <param name="rekorBundle">The log's promise as JSON; null without.</param>
    /// <exception cref="VerificationException"><see cref="VerificationStep.BundleFormat"/>, or <see cref="VerificationStep.LogEntryFormat"/> for the promise.</exception>
    public static SigstoreBundle Read(string signature, string? certificate, ReadOnlyMemory<byte>? rekorBundle) =>
        Of(Signature(signature.Trim(), "signature"), certificate, null, rekorBundle, null);

    /// <summary>True for the file with all of it.</summary>
    internal static bool IsOne(ProtoMessage json) => json.Has("base64Signature");

    internal static SigstoreBundle Read(ProtoMessage json)
    {
        json.AllowOnly("base64Signature", "cert", "rekorBundle");
        return Bundle(json.RequiredBytes("base64Signature"), json.OptionalText("cert"), null, json.Message("rekorBundle") is { } promise ? [Entry(promise)] : [], []);
    }

    /// <param name="signature">The signature.</param>
    /// <param name="certificate">The PEM of the signing certificate, or its base64; null when a key signed.</param>
    /// <param name="chain">The PEM of further certificates.</param>
    /// <param name="rekorBundle">The log's promise as JSON.</param>
    /// <param name="timestamp">The timestamp as JSON.</param>
    internal static SigstoreBundle Of(ReadOnlyMemory<byte> signature, string? certificate, string? chain, ReadOnlyMemory<byte>? rekorBundle, ReadOnlyMemory<byte>? timestamp) => Bundle(
        signature, certificate, chain,
        rekorBundle is { } promise ? [ProtoMessage.Parse(promise, "rekor bundle", VerificationStep.BundleFormat, Entry)] : [],
        timestamp is { } time ? [ProtoMessage.Parse(time, "timestamp", VerificationStep.BundleFormat, static json => (ReadOnlyMemory<byte>)json.RequiredBytes("SignedRFC3161Timestamp"))] : []);

    internal static byte[] Signature(string base64, string name)
    {
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) && length > 0 ? bytes[..length]
            : throw new VerificationException(VerificationStep.BundleFormat, $"the {name} is not base64");
    }

    private static SigstoreBundle Bundle(ReadOnlyMemory<byte> signature, string? certificate, string? chain, IReadOnlyList<TransparencyLogEntry> entries, IReadOnlyList<ReadOnlyMemory<byte>> timestamps)
    {
        IReadOnlyList<ReadOnlyMemory<byte>> certificates = string.IsNullOrEmpty(certificate) ? [] : Certificates(PemOf(certificate));
        return new SigstoreBundle
        {
            MediaType = "application/vnd.dev.sigstore.bundle+json;version=0.1",
            VerificationMaterial = new VerificationMaterial
            {
                PublicKey = certificates.Count == 0 ? new PublicKeyIdentifier(null) : null,
                // Roots come along in chains. They are not trusted for that, and a bundle may not have them.
                X509CertificateChain = certificates.Count == 0 ? null
                    : [certificates[0], .. certificates.Skip(1).Concat(string.IsNullOrEmpty(chain) ? [] : Certificates(chain)).Where(static der => !Certificate.Parse(der, "a certificate of the chain").IsSelfSigned)],
                TlogEntries = entries,
                Rfc3161Timestamps = timestamps,
            },
            MessageSignature = new MessageSignature(null, null, signature),
        };
    }

    private static TransparencyLogEntry Entry(ProtoMessage promise)
    {
        promise.AllowOnly("SignedEntryTimestamp", "Payload");
        var payload = promise.RequiredMessage("Payload");
        payload.AllowOnly("body", "integratedTime", "logIndex", "logID");
        var body = payload.RequiredBytes("body");
        // The kind was not written beside the body, so there is nothing to compare it with.
        var recorded = LogEntryReader.Read(body);
        var logId = payload.Text("logID");
        return new TransparencyLogEntry
        {
            LogIndex = payload.Count("logIndex"),
            LogId = logId.Length == 2 * SHA256.HashSizeInBytes && logId.All(char.IsAsciiHexDigit) ? Convert.FromHexString(logId) : throw payload.Invalid("logID", "must be 64 hexadecimal digits"),
            Kind = recorded.Kind,
            Version = recorded.Version,
            IntegratedTime = payload.Count("integratedTime"),
            SignedEntryTimestamp = promise.RequiredBytes("SignedEntryTimestamp"),
            CanonicalizedBody = body,
        };
    }

    private static string PemOf(string text)
    {
        if (text.Contains("-----BEGIN", StringComparison.Ordinal))
            return text;
        return Encoding.UTF8.GetString(Signature(text.Trim(), "certificate"));
    }

    private static List<ReadOnlyMemory<byte>> Certificates(string pem)
    {
        // A PEM that begins again and again and never ends is searched to its end each time.
        if (pem.Length > MaxPemLength)
            throw new VerificationException(VerificationStep.BundleFormat, $"the certificates are longer than {MaxPemLength} characters");
        var certificates = new List<ReadOnlyMemory<byte>>();
        var rest = pem.AsSpan();
        for (; PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
        {
            // With a key, its public half stands where the certificate would; whoever verifies has it already.
            if (rest[fields.Label] is "PUBLIC KEY" && certificates.Count == 0)
                return [];
            if (rest[fields.Label] is not "CERTIFICATE" || certificates.Count == MaxCertificates)
                break;
            certificates.Add(Convert.FromBase64String(rest[fields.Base64Data].ToString()));
        }
        return certificates.Count > 0 && rest.IndexOf("-----BEGIN") < 0 ? certificates
            : throw new VerificationException(VerificationStep.BundleFormat, $"the certificate is not a PEM of 1 to {MaxCertificates} certificates or of a public key");
    }
}
