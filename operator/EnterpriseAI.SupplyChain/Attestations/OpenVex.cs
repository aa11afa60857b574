namespace EnterpriseAI.SupplyChain;

/// <summary>An OpenVEX document: of which vulnerabilities somebody has found that they do not matter, and in what.</summary>
internal sealed class OpenVex
{
    public const string Type = "https://openvex.dev/ns";

    private const int MaxStatements = 10_000;
    private const int MaxProducts = 1000;

    private readonly IReadOnlyList<Statement> _statements;

    private OpenVex(IReadOnlyList<Statement> statements) => _statements = statements;

    /// <param name="statement">The payload of an envelope whose signature was verified.</param>
    /// <param name="artifact">What the document must be for.</param>
    public static (OpenVex? Document, AttestationFinding? Refusal) Read(ReadOnlyMemory<byte> statement, AttestedArtifact artifact)
    {
        OpenVex? document = null;
        var finding = Attestation.Check(statement, artifact, [Type], (_, predicate) =>
        {
            var written = predicate.Time("timestamp") ?? throw predicate.Invalid("timestamp", "is missing");
            document = new OpenVex([.. predicate.Messages("statements", MaxStatements).Select(one => Read(one, written))]);
            return AttestationFinding.Of("");
        });
        return finding.Holds ? (document, null) : (null, finding with { Message = $"VEX: {finding.Message}" });
    }

    /// <summary>True when the latest word about the vulnerability in that package is that it does not matter.</summary>
    public static bool RulesOut(IEnumerable<OpenVex> documents, FoundVulnerability found, AttestedArtifact artifact)
    {
        var words = documents.SelectMany(static document => document._statements).Where(statement => statement.Names.Contains(found.Id) && statement.Products.Any(product => IsIn(product, found, artifact))).ToList();
        if (words.Count == 0)
            return false;
        // Of two words at the same time the worse one counts.
        var latest = words.Max(static statement => statement.Time);
        return words.Where(statement => statement.Time == latest).All(static statement => statement.RulesOut);
    }

    private static Statement Read(ProtoMessage statement, DateTimeOffset written)
    {
        var vulnerability = statement.RequiredMessage("vulnerability");
        var status = statement.Text("status");
        // Without a reason, that it does not matter is no more than an opinion; the format asks for one.
        var hasReason = statement.Text("justification").Length > 0 || statement.Text("impact_statement").Length > 0;
        return new Statement(
            [vulnerability.Text("name"), .. vulnerability.Texts("aliases", MaxProducts)],
            [.. statement.Messages("products", MaxProducts).Select(static product => new Product(
                Identifiers(product), product.Message("hashes")?.OptionalText("sha-256"), [.. product.Messages("subcomponents", MaxProducts).Select(Identifiers)]))],
            status switch
            {
                "fixed" => true,
                "not_affected" => hasReason ? true : throw statement.Invalid("justification", "or impact_statement is missing, without which nothing is not_affected"),
                "affected" or "under_investigation" => false,
                _ => throw statement.Invalid("status", $"is '{status}': it must be not_affected, affected, fixed or under_investigation"),
            },
            statement.Time("last_updated") ?? statement.Time("timestamp") ?? written);
    }

    private static IReadOnlyList<string> Identifiers(ProtoMessage product) =>
        [.. new[] { product.OptionalText("@id"), product.Message("identifiers")?.OptionalText("purl") }.OfType<string>().Where(static identifier => identifier.Length > 0)];

    private static bool IsIn(Product product, FoundVulnerability found, AttestedArtifact artifact)
    {
        // The package itself, or the artifact: all of it, or that package in it.
        if (product.Identifiers.Contains(found.Package))
            return product.Subcomponents.Count == 0;
        var isArtifact = product.Sha256 is { } hash ? artifact.Digest.Hex == hash.ToLowerInvariant() : product.Identifiers.Any(identifier => identifier.Contains(artifact.Digest.Hex, StringComparison.Ordinal));
        return isArtifact && (product.Subcomponents.Count == 0 || product.Subcomponents.Any(subcomponent => subcomponent.Contains(found.Package)));
    }

    private sealed record Statement(IReadOnlyList<string> Names, IReadOnlyList<Product> Products, bool RulesOut, DateTimeOffset Time);

    private sealed record Product(IReadOnlyList<string> Identifiers, string? Sha256, IReadOnlyList<IReadOnlyList<string>> Subcomponents);
}
