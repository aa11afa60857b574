using System.Security.Cryptography;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>The statement inside a model signature: the name and hash of every signed file.</summary>
internal sealed record ModelManifest(IReadOnlyList<ResourceJson> Resources, IReadOnlyList<string> IgnorePaths)
{
    public const string StatementType = "https://in-toto.io/Statement/v1";
    public const string PredicateType = "https://model_signing/signature/v1.0";

    public static byte[] Write(ArtifactContents artifact, string name)
    {
        var predicate = new PredicateJson(
            [.. artifact.Files.Select(static file => new ResourceJson(file.Name, "sha256", file.HexDigest))],
            new SerializationJson("files", "sha256", AllowSymlinks: false,
                IgnorePaths: artifact.IsFolder ? [.. ArtifactPaths.GitPaths, ArtifactPaths.SignatureFile] : []));
        var statement = new StatementJson(
            StatementType,
            [new SubjectJson(new Dictionary<string, string> { ["sha256"] = ModelDigest.OfFolder(artifact.Files).Hex }, name)],
            PredicateType,
            JsonSerializer.SerializeToElement(predicate, BundleJsonContext.Default.PredicateJson));
        return JsonSerializer.SerializeToUtf8Bytes(statement, BundleJsonContext.Default.StatementJson);
    }

    /// <summary>Reads a statement whose signature has been checked already.</summary>
    public static ModelManifest Read(ReadOnlySpan<byte> payload, string file)
    {
        PredicateJson predicate;
        StatementJson statement;
        try
        {
            statement = JsonSerializer.Deserialize(payload, BundleJsonContext.Default.StatementJson) ?? throw Malformed(file, "the statement is null");
            if (statement.Type != StatementType)
                throw Malformed(file, $"the statement's _type is '{statement.Type}', not '{StatementType}'");
            if (statement.PredicateType != PredicateType)
                throw Malformed(file, $"the predicateType is '{statement.PredicateType}', not '{PredicateType}'");
            predicate = statement.Predicate.Deserialize(BundleJsonContext.Default.PredicateJson) ?? throw Malformed(file, "the predicate is null");
        }
        catch (JsonException e)
        {
            throw Malformed(file, $"the statement is not a model signing statement: {e.Message}", e);
        }
        if (predicate.Serialization is not { Method: "files", HashType: "sha256" })
            throw new SupplyChainException(SupplyChainReason.Unsupported,
                $"'{file}' uses serialization method '{predicate.Serialization.Method}' with '{predicate.Serialization.HashType}': sign with method 'files' and sha256");
        CheckResources(predicate.Resources, file);
        CheckSubject(statement, predicate.Resources, file);
        var ignored = predicate.Serialization.IgnorePaths ?? [];
        if (ignored.FirstOrDefault(static path => path is null || !ArtifactPaths.IsSafeName(path)) is { } unsafePath)
            throw Malformed(file, $"the ignored path '{unsafePath}' is not a relative path");
        return new ModelManifest(predicate.Resources, ignored);
    }

    private static void CheckResources(IReadOnlyList<ResourceJson> resources, string file)
    {
        if (resources.Count == 0)
            throw Malformed(file, "no file is signed");
        string? previous = null;
        foreach (var resource in resources)
        {
            if (resource is null)
                throw Malformed(file, "a signed resource is null");
            // The first releases signed a single file under the name ".".
            if (!ArtifactPaths.IsSafeName(resource.Name) && !(resource.Name == "." && resources.Count == 1))
                throw Malformed(file, $"the signed name '{resource.Name}' is not a relative path inside the artifact");
            if (resource.Algorithm != "sha256")
                throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' hashes '{resource.Name}' with '{resource.Algorithm}': only sha256 can be checked");
            if (resource.Digest.Length != 64 || !ModelDigest.IsLowerHex(resource.Digest))
                throw Malformed(file, $"the digest of '{resource.Name}' is not 64 lower-case hexadecimal digits");
            if (previous is not null && CodePointOrder.Instance.Compare(previous, resource.Name) >= 0)
                throw Malformed(file, $"the signed names are not in order at '{resource.Name}'");
            previous = resource.Name;
        }
    }

    private static void CheckSubject(StatementJson statement, IReadOnlyList<ResourceJson> resources, string file)
    {
        var root = Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(string.Concat(resources.Select(static r => r.Digest)))));
        if (statement.Subject is not [{ } subject] || !subject.Digest.TryGetValue("sha256", out var digest) || digest != root)
            throw Malformed(file, "the statement must have one subject, with the sha256 of its resources");
    }

    internal static SupplyChainException Malformed(string file, string what, Exception? inner = null) =>
        new(SupplyChainReason.Malformed, $"'{file}' is not a valid model signature: {what}", inner);
}
