using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Reads the bodies of log entries: hashedrekord 0.0.1 and 0.0.2, dsse 0.0.1 and intoto 0.0.2.</summary>
/// <remarks>Other fields are left alone: what the log added to an entry says nothing about the signature.</remarks>
internal static class LogEntryReader
{
    private const int MaxSignatures = 32;
    private const int MaxPemBytes = 64 << 10;

    /// <exception cref="VerificationException"><see cref="VerificationStep.LogEntryFormat"/>, also for other kinds.</exception>
    public static LogEntryBody Read(ReadOnlyMemory<byte> body) => ProtoMessage.Parse(body, "log entry", VerificationStep.LogEntryFormat, Read);

    private static LogEntryBody Read(ProtoMessage entry)
    {
        var (kind, version) = (entry.Text("kind"), entry.Text("apiVersion"));
        return (kind, version) switch
        {
            ("hashedrekord", "0.0.1") => HashedRekordV1(version, entry.RequiredMessage("spec")),
            ("hashedrekord", "0.0.2") => HashedRekordV2(version, entry.RequiredMessage("spec").RequiredMessage("hashedRekordV002")),
            ("dsse", "0.0.1") => Dsse(version, entry.RequiredMessage("spec")),
            ("intoto", "0.0.2") => InToto(version, entry.RequiredMessage("spec").RequiredMessage("content")),
            _ => throw new VerificationException(VerificationStep.LogEntryFormat, $"a log entry of kind '{kind}' version '{version}' cannot be checked: it must be hashedrekord 0.0.1 or 0.0.2, dsse 0.0.1 or intoto 0.0.2"),
        };
    }

    private static LogEntryBody HashedRekordV1(string version, ProtoMessage spec)
    {
        var hash = spec.RequiredMessage("data").RequiredMessage("hash");
        var signature = spec.RequiredMessage("signature");
        return new LogEntryBody("hashedrekord", version, Algorithm(hash.Text("algorithm")), Hex(hash, "value"), LoggedDigest.OfSignedData, null,
            [new LoggedSignature(signature.RequiredBytes("content"), Pem(signature.RequiredMessage("publicKey"), "content"))]);
    }

    private static LogEntryBody HashedRekordV2(string version, ProtoMessage spec)
    {
        var data = spec.RequiredMessage("data");
        var signature = spec.RequiredMessage("signature");
        var verifier = signature.RequiredMessage("verifier");
        var certificate = verifier.Message("x509Certificate");
        var key = verifier.Message("publicKey");
        if (certificate is null == key is null)
            throw verifier.Invalid("x509Certificate", "or publicKey must be there, and not both");
        return new LogEntryBody("hashedrekord", version, SigstoreHash.Of(data.Text("algorithm")), data.RequiredBytes("digest"), LoggedDigest.OfSignedData, null,
            [new LoggedSignature(signature.RequiredBytes("content"), (certificate ?? key)!.Value.RequiredBytes("rawBytes"))]);
    }

    private static LogEntryBody Dsse(string version, ProtoMessage spec)
    {
        var hash = spec.RequiredMessage("payloadHash");
        return new LogEntryBody("dsse", version, Algorithm(hash.Text("algorithm")), Hex(hash, "value"), LoggedDigest.OfPayload, null,
            [.. spec.Messages("signatures", MaxSignatures).Select(static signature =>
                new LoggedSignature(signature.RequiredBytes("signature"), Pem(signature, "verifier")))]);
    }

    private static LogEntryBody InToto(string version, ProtoMessage content)
    {
        var hash = content.RequiredMessage("payloadHash");
        var envelope = content.RequiredMessage("envelope");
        return new LogEntryBody("intoto", version, Algorithm(hash.Text("algorithm")), Hex(hash, "value"), LoggedDigest.OfPayload, envelope.Text("payloadType"),
            [.. envelope.Messages("signatures", MaxSignatures).Select(static signature =>
                // The log keeps the envelope's base64 as bytes, which it encodes once more.
                new LoggedSignature(FromBase64(signature, "sig", signature.RequiredBytes("sig")), Pem(signature, "publicKey")))]);
    }

    private static byte[] Pem(ProtoMessage owner, string name)
    {
        var bytes = owner.RequiredBytes(name);
        // A PEM that begins again and again and never ends is searched to its end each time.
        if (bytes.Length > MaxPemBytes)
            throw owner.Invalid(name, $"is larger than {MaxPemBytes} bytes");
        var pem = Encoding.UTF8.GetString(bytes);
        return PemEncoding.TryFind(pem, out var fields) && pem[fields.Label] is "CERTIFICATE" or "PUBLIC KEY"
            ? Convert.FromBase64String(pem[fields.Base64Data])
            : throw owner.Invalid(name, "is not the PEM of a certificate or a public key");
    }

    private static byte[] FromBase64(ProtoMessage owner, string name, byte[] text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(Encoding.ASCII.GetString(text), bytes, out var length) ? bytes[..length] : throw owner.Invalid(name, "must be base64 twice");
    }

    private static byte[] Hex(ProtoMessage owner, string name)
    {
        var text = owner.Text(name);
        return text.Length > 0 && text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : throw owner.Invalid(name, "must be hexadecimal");
    }

    private static HashAlgorithmName? Algorithm(string name) => name switch
    {
        "sha256" => HashAlgorithmName.SHA256,
        "sha384" => HashAlgorithmName.SHA384,
        "sha512" => HashAlgorithmName.SHA512,
        _ => null,
    };
}
