using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;
using static EnterpriseAI.SupplyChain.Tests.Verification.NegativeVector;
using static EnterpriseAI.SupplyChain.VerificationStep;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>What can be wrong with what an image's signature is over.</summary>
internal static class ImageVectors
{
    public static OciDigest Image { get; } = OciDigest.Of("the image's manifest"u8);

    private static readonly string Another = OciDigest.Of("another image's manifest"u8).ToString();

    public static IEnumerable<NegativeVector> All()
    {
        foreach (var shape in new[] { V1 with { Version = MiniVersion.V01 }, Managed })
        {
            yield return Payload(ImagePayloadType, $"{shape}: the signed document is of another kind", shape, c => c["type"] = "atomic container signature");
            yield return Payload(ImagePayloadType, $"{shape}: the signed document does not say what it is", shape, c => c.Remove("type"));
            yield return Payload(ImagePayloadDigest, $"{shape}: the signed document is another image's", shape, c => c["image"]!["docker-manifest-digest"] = Another);
            yield return Payload(ImagePayloadDigest, $"{shape}: the signed document names no image", shape, c => c["image"] = new JsonObject());
        }
        yield return Payload(ImagePayloadDigest, "the image's digest is there without its algorithm", V1, c => c["image"]!["docker-manifest-digest"] = Image.Hex);
        yield return Payload(ImagePayloadDigest, "the image's digest is in capitals", V1, c => c["image"]!["docker-manifest-digest"] = Image.ToString().ToUpperInvariant());
        yield return Payload(ImagePayloadFormat, "the signed document names two images", V1, c => c["image"]!["Docker-manifest-digest"] = Another);
        yield return new(ImagePayloadFormat, "the signed document has no critical part", V1, m => (m.Image, m.Payload) = (Image, static _ => []));
        yield return new(ImagePayloadFormat, "the signed document is not JSON", V1, m => (m.Image, m.PayloadText) = (Image, static _ => "sha256"));
        yield return new(ImagePayloadFormat, "the signed document has two critical parts", V1, m => (m.Image, m.PayloadText) = (Image, static text => text.Replace("{\"critical\"", "{\"critical\":{},\"critical\"", StringComparison.Ordinal)));
        foreach (var shape in new[] { Envelope, EnvelopeV2 })
            yield return new(ImageStatementType, $"{shape}: the statement says something about the image and does not sign it", shape, m =>
                (m.Image, m.Statement) = (Image, static s => { s["predicateType"] = "https://slsa.dev/provenance/v1"; return s; }
            ));
        yield return new(ImageStatementType, "the statement does not say what kind it is", Envelope, m => (m.Image, m.Statement) = (Image, static s => { s.Remove("predicateType"); return s; }));
    }

    private static NegativeVector Payload(VerificationStep step, string name, MiniShape shape, Action<JsonObject> change) => new(step, name, shape, m =>
    {
        m.Image = Image;
        m.Payload = p =>
        {
            change(p["critical"]!.AsObject());
            return p;
        };
    });
}
