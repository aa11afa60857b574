using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>What must hold for a bill of materials.</summary>
public sealed record BillOfMaterialsPolicy
{
    /// <summary>The SHA-256 of the bill as it stands in the statement; any if null.</summary>
    public ModelDigest? ExpectedDigest { get; init; }

    /// <summary>Ask for the model among the components, by the artifact's digest or that of one of its files. Default true; false for images.</summary>
    public bool RequireModel { get; init; } = true;
}

/// <summary>Checks that a bill of materials is attested for an artifact, and that it lists the artifact as a model.</summary>
public static class BillOfMaterials
{
    public const string CycloneDx = "https://cyclonedx.org/bom";
    public const string Spdx = "https://spdx.dev/Document";

    private const int MaxComponents = 100_000;
    private const int MaxHashes = 64;

    /// <param name="statement">The payload of an envelope whose signature was verified.</param>
    /// <param name="artifact">What the bill must be for.</param>
    /// <param name="policy">What must hold for it.</param>
    /// <param name="type"><see cref="CycloneDx"/> or <see cref="Spdx"/>; either if null.</param>
    public static AttestationFinding Check(ReadOnlyMemory<byte> statement, AttestedArtifact artifact, BillOfMaterialsPolicy policy, string? type = null) =>
        Attestation.Check(statement, artifact, type is null ? [CycloneDx, Spdx] : [type], (kind, bill) =>
        {
            var models = kind.StartsWith(CycloneDx, StringComparison.Ordinal) ? CycloneDxModels(bill) : SpdxModels(bill);
            var digest = DigestOf(statement);
            if (policy.ExpectedDigest is { } expected && digest != expected)
                return new AttestationFinding(AttestationStep.BomDigest, $"the bill of materials has digest {digest}, not {expected}");
            if (policy.RequireModel && models.Count == 0)
                return new AttestationFinding(AttestationStep.BomModel, "the bill of materials lists no model: give an ML-BOM, with the model as a component of type machine-learning-model or an AI package");
            if (policy.RequireModel && !models.Any(model => model.Any(artifact.Has)))
                return new AttestationFinding(AttestationStep.BomModelDigest, $"the bill of materials lists {models.Count} model{(models.Count == 1 ? "" : "s")}, none with the SHA-256 of {artifact.Digest} or of one of its files");
            return AttestationFinding.Of($"bill of materials {digest}");
        });

    // By its text: a bill that was written anew is another one.
    private static ModelDigest DigestOf(ReadOnlyMemory<byte> statement)
    {
        using var document = JsonDocument.Parse(statement);
        return ModelDigest.OfHash(SHA256.HashData(Encoding.UTF8.GetBytes(document.RootElement.GetProperty("predicate").GetRawText())));
    }

    /// <summary>The SHA-256 digests of each model.</summary>
    private static List<IReadOnlyList<string>> CycloneDxModels(ProtoMessage bill)
    {
        if (bill.Text("bomFormat") != "CycloneDX")
            throw bill.Invalid("bomFormat", $"is '{bill.Text("bomFormat")}', not 'CycloneDX'");
        if (bill.Text("specVersion").Length == 0)
            throw bill.Invalid("specVersion", "is missing");
        var components = bill.Messages("components", MaxComponents).ToList();
        // The bill's own subject may be the model.
        if (bill.Message("metadata")?.Message("component") is { } subject)
            components.Add(subject);
        return [.. components.Where(static component => component.Text("type") is "machine-learning-model")
            .Select(static component => Hashes(component, "hashes", "alg", "SHA-256", "content"))];
    }

    private static List<IReadOnlyList<string>> SpdxModels(ProtoMessage bill)
    {
        if (bill.Has("@graph"))
        {
            return [.. bill.Messages("@graph", MaxComponents).Where(static element => element.TextOrNull("type") is "ai_AIPackage")
                .Select(static element => Hashes(element, "verifiedUsing", "algorithm", "sha256", "hashValue"))];
        }
        if (!bill.Text("spdxVersion").StartsWith("SPDX-2.", StringComparison.Ordinal))
            throw bill.Invalid("spdxVersion", $"is '{bill.Text("spdxVersion")}': it must be SPDX 2 or 3");
        // Version 2 has no word for models, so any package may be one.
        return [.. bill.Messages("packages", MaxComponents).Select(static package => Hashes(package, "checksums", "algorithm", "SHA256", "checksumValue"))];
    }

    private static IReadOnlyList<string> Hashes(ProtoMessage owner, string list, string algorithm, string name, string value) =>
        [.. owner.Messages(list, MaxHashes).Where(hash => hash.Text(algorithm) == name).Select(hash => hash.Text(value))];
}
