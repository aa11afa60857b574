using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Cosign;

/// <summary>Writes a bundle in the forms that cosign had before there were bundles.</summary>
internal static class CosignForms
{
    /// <summary>All in one file.</summary>
    public static JsonObject OneFile(SigstoreBundle bundle, string? key = null)
    {
        var json = new JsonObject { ["base64Signature"] = Signature(bundle) };
        if ((Certificate(bundle) ?? key) is { } pem)
            json["cert"] = Convert.ToBase64String(Encoding.UTF8.GetBytes(pem));
        if (Promise(bundle) is { } promise)
            json["rekorBundle"] = promise;
        return json;
    }

    public static string Signature(SigstoreBundle bundle) => Convert.ToBase64String(bundle.MessageSignature!.Signature.Span);

    public static string? Certificate(SigstoreBundle bundle) => bundle.VerificationMaterial.X509CertificateChain is [var leaf, ..] ? Pem(leaf.Span) : null;

    public static string Pem(ReadOnlySpan<byte> certificate) => PemEncoding.WriteString("CERTIFICATE", certificate) + "\n";

    public static JsonObject? Promise(SigstoreBundle bundle) => bundle.VerificationMaterial.TlogEntries is not [var entry] ? null : new JsonObject
    {
        ["SignedEntryTimestamp"] = Convert.ToBase64String(entry.SignedEntryTimestamp!.Value.Span),
        ["Payload"] = new JsonObject
        {
            ["body"] = Convert.ToBase64String(entry.CanonicalizedBody.Span),
            ["integratedTime"] = entry.IntegratedTime,
            ["logIndex"] = entry.LogIndex,
            ["logID"] = Convert.ToHexStringLower(entry.LogId.Span),
        },
    };

    /// <summary>The annotations of a layer under a signature tag.</summary>
    public static Dictionary<string, string> Annotations(SigstoreBundle bundle, string? chain = null)
    {
        var annotations = new Dictionary<string, string> { ["dev.cosignproject.cosign/signature"] = Signature(bundle) };
        if (Certificate(bundle) is { } certificate)
            annotations["dev.sigstore.cosign/certificate"] = certificate;
        if (chain is not null)
            annotations["dev.sigstore.cosign/chain"] = chain;
        if (Promise(bundle) is { } promise)
            annotations["dev.sigstore.cosign/bundle"] = promise.ToJsonString();
        if (bundle.VerificationMaterial.Rfc3161Timestamps is [var timestamp])
            annotations["dev.sigstore.cosign/rfc3161timestamp"] = new JsonObject { ["SignedRFC3161Timestamp"] = Convert.ToBase64String(timestamp.Span) }.ToJsonString();
        return annotations;
    }
}
