using System.Security.Cryptography;
using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>The statement inside a model signature: the name and hash of every signed part.</summary>
/// <param name="Resources">The hashes in hexadecimal by name.</param>
/// <param name="Parts">What the parts are.</param>
/// <param name="IgnorePaths">Files or folders that need not be signed.</param>
internal sealed record ModelManifest(IReadOnlyDictionary<string, string> Resources, PartHashing Parts, IReadOnlyList<string> IgnorePaths)
{
    public const string StatementType = "https://in-toto.io/Statement/v1";
    public const string PredicateType = "https://model_signing/signature/v1.0";

    /// <summary>Of the first release of the model signing tool, which put the files among the subjects.</summary>
    public const string OldPredicateType = "https://model_signing/Digests/v0.1";

    /// <summary>The names of the signed files.</summary>
    public IReadOnlyList<string> Files { get; } =
        [.. Resources.Keys.Select(name => Parts.ShardSize is null ? name : FileOf(name)).Distinct(StringComparer.Ordinal).Order(CodePointOrder.Instance)];

    public static byte[] Write(ArtifactContents artifact, PartHashing parts, string name, IReadOnlyList<string> ignorePaths)
    {
        var (algorithm, _) = AlgorithmOf(parts.Hash);
        List<ResourceJson> resources =
        [
            .. artifact.Parts.OrderBy(static part => part.Key, CodePointOrder.Instance)
                .Select(part => new ResourceJson(part.Key, algorithm, Convert.ToHexStringLower(part.Value))),
        ];
        var predicate = new PredicateJson(resources,
            new SerializationJson(parts.ShardSize is null ? "files" : "shards", algorithm, AllowSymlinks: false, parts.ShardSize, ignorePaths));
        var statement = new StatementJson(
            StatementType,
            [new SubjectJson(new Dictionary<string, string> { ["sha256"] = RootDigest(resources) }, name)],
            PredicateType,
            JsonSerializer.SerializeToElement(predicate, ModelStatementJson.Default.PredicateJson));
        return JsonSerializer.SerializeToUtf8Bytes(statement, ModelStatementJson.Default.StatementJson);
    }

    /// <summary>Reads a statement whose signature has been checked already.</summary>
    /// <param name="payload">The statement.</param>
    /// <param name="file">What to call the signature in errors.</param>
    /// <param name="isOld">True when it was signed as the first release did.</param>
    public static ModelManifest Read(ReadOnlySpan<byte> payload, string file, bool isOld = false)
    {
        try
        {
            var statement = JsonSerializer.Deserialize(payload, ModelStatementJson.Default.StatementJson) ?? throw Malformed(file, "the statement is null");
            if (statement.Type != StatementType)
                throw Malformed(file, $"the statement's _type is '{statement.Type}', not '{StatementType}'");
            // The two go together: a way of signing that was given up must not come back for new statements.
            if (isOld && statement.PredicateType == OldPredicateType)
                return ReadOld(statement, file);
            if (isOld || statement.PredicateType != PredicateType)
                throw Malformed(file, $"the predicateType is '{statement.PredicateType}', not '{PredicateType}'");
            return Read(statement, statement.Predicate.Deserialize(ModelStatementJson.Default.PredicateJson) ?? throw Malformed(file, "the predicate is null"), file);
        }
        catch (JsonException e)
        {
            throw Malformed(file, $"the statement is not a model signing statement: {e.Message}", e);
        }
    }

    private static ModelManifest Read(StatementJson statement, PredicateJson predicate, string file)
    {
        var parts = PartsOf(predicate.Serialization, file);
        CheckResources(predicate.Resources, parts, file);
        if (statement.Subject is not [{ } subject] || !subject.Digest.TryGetValue("sha256", out var digest) || digest != RootDigest(predicate.Resources))
            throw Malformed(file, "the statement must have one subject, with the sha256 of its resources");
        var ignored = predicate.Serialization.IgnorePaths ?? [];
        if (ignored.FirstOrDefault(static path => path is null || !ArtifactPaths.IsSafeName(path)) is { } unsafePath)
            throw Malformed(file, $"the ignored path '{unsafePath}' is not a relative path");
        return new ModelManifest(predicate.Resources.ToDictionary(static resource => resource.Name, static resource => resource.Digest, StringComparer.Ordinal), parts, ignored);
    }

    private static ModelManifest ReadOld(StatementJson statement, string file)
    {
        var resources = statement.Subject.Select(subject => new ResourceJson(
            subject?.Name ?? throw Malformed(file, "a signed file has no name"), "sha256",
            subject.Digest.GetValueOrDefault("sha256") ?? throw Malformed(file, $"'{subject.Name}' has no sha256"))).ToList();
        CheckResources(resources, PartHashing.Files, file);
        return new ModelManifest(resources.ToDictionary(static resource => resource.Name, static resource => resource.Digest, StringComparer.Ordinal), PartHashing.Files, []);
    }

    private static PartHashing PartsOf(SerializationJson serialization, string file)
    {
        long? shardSize = (serialization.Method, serialization.ShardSize) switch
        {
            ("files", null) => null,
            ("shards", > 0 and var size) => size,
            ("files" or "shards", _) => throw Malformed(file, $"the shard_size of method '{serialization.Method}' is '{serialization.ShardSize}'"),
            _ => throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' uses the serialization method '{serialization.Method}': sign with method 'files' or 'shards'"),
        };
        // The reference tool names the hash of ranges with their size.
        var name = shardSize is null ? serialization.HashType : serialization.HashType.Replace($"-sharded-{shardSize}", "", StringComparison.Ordinal);
        return name switch
        {
            "sha256" when shardSize is null => PartHashing.Files,
            "sha256" => new PartHashing(ContentHashKind.Sha256, shardSize),
            "blake2b" => new PartHashing(ContentHashKind.Blake2b, shardSize),
            "blake3" => throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' hashes files with 'blake3', which OpenSSL, that hashes here, does not have: sign with sha256 or blake2b"),
            _ => throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' hashes files with '{serialization.HashType}', which cannot be checked here: sign with sha256 or blake2b"),
        };
    }

    private static void CheckResources(IReadOnlyList<ResourceJson> resources, PartHashing parts, string file)
    {
        if (resources.Count == 0)
            throw Malformed(file, "no file is signed");
        var (algorithm, length) = AlgorithmOf(parts.Hash);
        foreach (var resource in resources)
        {
            if (resource is null)
                throw Malformed(file, "a signed resource is null");
            var name = parts.ShardSize is null ? resource.Name : FileOf(resource.Name);
            // The first releases signed a single file under the name ".".
            if (!ArtifactPaths.IsSafeName(name) && name != ".")
                throw Malformed(file, $"the signed name '{resource.Name}' is not a relative path inside the artifact");
            if (resource.Algorithm != algorithm && resource.Algorithm != $"{algorithm}-sharded-{parts.ShardSize}")
                throw new SupplyChainException(SupplyChainReason.Unsupported, $"'{file}' hashes '{resource.Name}' with '{resource.Algorithm}', the others with '{algorithm}'");
            if (resource.Digest.Length != length || !ModelDigest.IsLowerHex(resource.Digest))
                throw Malformed(file, $"the digest of '{resource.Name}' is not {length} lower-case hexadecimal digits");
        }
        if (resources.Any(static resource => resource.Name is "." || resource.Name.StartsWith(".:", StringComparison.Ordinal))
            && resources.Select(resource => parts.ShardSize is null ? resource.Name : FileOf(resource.Name)).Distinct(StringComparer.Ordinal).Count() > 1)
            throw Malformed(file, "the name '.' is for a single file");
        if (ResourceOrder.FirstOutOfOrder(resources) is { } disordered)
            throw Malformed(file, $"the signed names are not in order at '{disordered}'");
    }

    private static (string Name, int HexLength) AlgorithmOf(ContentHashKind hash) =>
        hash is ContentHashKind.Sha256 ? ("sha256", 2 * SHA256.HashSizeInBytes) : ("blake2b", 2 * LibCrypto.Blake2bBytes);

    // A file's own name may hold colons, so the range is what follows the last two.
    private static string FileOf(string part)
    {
        var end = part.LastIndexOf(':');
        var start = end > 0 ? part.LastIndexOf(':', end - 1) : -1;
        return start > 0 ? part[..start] : "";
    }

    private static string RootDigest(IEnumerable<ResourceJson> resources) =>
        Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(string.Concat(resources.Select(static resource => resource.Digest)))));

    internal static SupplyChainException Malformed(string file, string what, Exception? inner = null) =>
        new(SupplyChainReason.Malformed, $"'{file}' is not a valid model signature: {what}", inner);
}
