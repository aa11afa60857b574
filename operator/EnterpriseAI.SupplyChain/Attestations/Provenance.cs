namespace EnterpriseAI.SupplyChain;

/// <summary>How an artifact must have been built. What is left empty is not asked for.</summary>
public sealed record ProvenancePolicy
{
    /// <summary>The builders that are trusted, exactly as provenance names them. At least one: provenance is worth as much as its builder.</summary>
    public required IReadOnlyCollection<string> BuilderIds { get; init; }

    /// <summary>The ways of building that will do.</summary>
    public IReadOnlyCollection<string> BuildTypes { get; init; } = [];

    /// <summary>The repository, e.g. <c>https://github.com/acme/model</c>.</summary>
    public string? Source { get; init; }

    /// <summary>The branch or tag, e.g. <c>refs/heads/main</c>; needs <see cref="Source"/>.</summary>
    public string? SourceRef { get; init; }

    /// <summary>What the build must have used: data, base models, the commit.</summary>
    public IReadOnlyCollection<ProvenanceMaterial> Materials { get; init; } = [];

    internal void Validate()
    {
        if (BuilderIds.Count == 0)
            throw new ArgumentException("provenance is worth as much as its builder: give at least one trusted builder");
        if (SourceRef is not null && Source is null)
            throw new ArgumentException("a branch or tag means something in its repository only: give the source, too");
    }
}

/// <summary>Something that a build used.</summary>
/// <param name="Algorithm">What the digest is, e.g. <c>sha256</c> or <c>gitCommit</c>.</param>
/// <param name="Digest">The digest in hexadecimal.</param>
/// <param name="Uri">Its address; null for any.</param>
public sealed record ProvenanceMaterial(string Algorithm, string Digest, string? Uri = null);

/// <summary>Checks SLSA provenance, v1 and v0.2: who built an artifact, how, and from what.</summary>
public static class Provenance
{
    public const string V1 = "https://slsa.dev/provenance/v1";
    public const string V02 = "https://slsa.dev/provenance/v0.2";

    private const int MaxMaterials = 10_000;
    private const int MaxDigests = 64;

    /// <param name="statement">The payload of an envelope whose signature was verified. The signature must be by the builder: that is the caller's to see to.</param>
    /// <param name="artifact">What must have been built.</param>
    /// <param name="policy">How.</param>
    /// <exception cref="ArgumentException">The policy asks for nothing, or for what cannot be.</exception>
    public static AttestationFinding Check(ReadOnlyMemory<byte> statement, AttestedArtifact artifact, ProvenancePolicy policy)
    {
        policy.Validate();
        // The exact kinds only: fields have changed their places between versions.
        return Attestation.Check(statement, artifact, [V1, V02], (type, predicate) => type switch
        {
            V1 => Check(BuildOfV1(predicate), policy),
            V02 => Check(BuildOfV02(predicate), policy),
            _ => new AttestationFinding(AttestationStep.PredicateType, $"provenance of the kind '{type}' is not known here: '{V1}' and '{V02}' are"),
        });
    }

    private static AttestationFinding Check(Build build, ProvenancePolicy policy)
    {
        if (!policy.BuilderIds.Contains(build.BuilderId, StringComparer.Ordinal))
            return new AttestationFinding(AttestationStep.Builder, $"it was built by '{build.BuilderId}', not by '{string.Join("' or '", policy.BuilderIds)}'");
        if (policy.BuildTypes.Count > 0 && !policy.BuildTypes.Contains(build.BuildType, StringComparer.Ordinal))
            return new AttestationFinding(AttestationStep.BuildType, $"it was built as '{build.BuildType}', not as '{string.Join("' or '", policy.BuildTypes)}'");
        if (policy.Source is { } source && (build.Sources.Count == 0 || build.Sources.Any(built => built.Repository != Source.Of(source).Repository)))
            return new AttestationFinding(AttestationStep.Source, build.Sources.Count == 0
                ? $"it does not say from which repository it was built, which must be '{source}'" : $"it was built from '{string.Join("' and '", build.Sources.Select(static built => built.Repository))}', not from '{source}'");
        // Each that says a branch or tag must say this one, and one must.
        if (policy.SourceRef is { } reference && (build.Sources.All(static built => built.Ref is null) || build.Sources.Any(built => built.Ref is not null && built.Ref != reference)))
            return new AttestationFinding(AttestationStep.SourceRef, $"it was built from '{build.Sources.Select(static built => built.Ref).FirstOrDefault(built => built is not null && built != reference) ?? "no branch or tag"}', not from '{reference}'");
        foreach (var material in policy.Materials)
            if (!build.Materials.Any(used => IsSame(used, material)))
                return new AttestationFinding(AttestationStep.Materials,
                    $"{material.Algorithm}:{material.Digest}{(material.Uri is null ? "" : $" of '{material.Uri}'")} is not among the {build.Materials.Count} materials that it was built from");
        var from = build.Sources.Count > 0 ? build.Sources[0] : null;
        return new AttestationFinding(null, $"built by {build.BuilderId}{(from is null ? "" : $" from {from.Repository}{(from.Ref is { } built ? $"@{built}" : "")}")}")
        {
            BuilderId = build.BuilderId,
            Source = from?.Repository,
        };
    }

    private static bool IsSame(Material used, ProvenanceMaterial expected) =>
        (expected.Uri is null || expected.Uri == used.Uri)
        && used.Digests.TryGetValue(expected.Algorithm, out var digest) && string.Equals(digest, expected.Digest, StringComparison.OrdinalIgnoreCase);

    private static Build BuildOfV1(ProtoMessage predicate)
    {
        var definition = predicate.RequiredMessage("buildDefinition");
        var parameters = definition.RequiredMessage("externalParameters");
        var sources = new List<Source>();
        // What was built is what whoever started the build asked for. Among the dependencies any repository may stand, also a
        // trusted one that something else was built with.
        if (parameters.OptionalMessage("workflow") is { } workflow && workflow.OptionalText("repository") is { } repository)
            sources.Add(Source.Of(repository) with { Ref = workflow.OptionalText("ref") });
        if (parameters.OptionalMessage("source") is { } source)
            sources.Add(Source.Of(source.Text("uri")));
        else if (parameters.TextOrNull("source") is { } address)
            sources.Add(Source.Of(address) is { Ref: null } bare ? bare with { Ref = parameters.TextOrNull("ref") } : Source.Of(address));
        return new Build(predicate.RequiredMessage("runDetails").RequiredMessage("builder").Text("id"), definition.Text("buildType"), sources, Materials(definition, "resolvedDependencies"));
    }

    private static Build BuildOfV02(ProtoMessage predicate)
    {
        var config = predicate.Message("invocation")?.Message("configSource");
        return new Build(predicate.RequiredMessage("builder").Text("id"), predicate.Text("buildType"),
            config?.OptionalText("uri") is { Length: > 0 } uri ? [Source.Of(uri)] : [], Materials(predicate, "materials"));
    }

    private static IReadOnlyList<Material> Materials(ProtoMessage owner, string name) =>
        [.. owner.Messages(name, MaxMaterials).Select(static material => new Material(material.OptionalText("uri"), material.Map("digest", MaxDigests)))];

    private sealed record Build(string BuilderId, string BuildType, IReadOnlyList<Source> Sources, IReadOnlyList<Material> Materials);

    private sealed record Material(string? Uri, IReadOnlyDictionary<string, string> Digests);

    /// <summary>A repository, and a branch or tag of it if one is named.</summary>
    private sealed record Source(string Repository, string? Ref)
    {
        /// <summary>Reads <c>git+https://host/path@refs/heads/main</c>, of which all but the address may be missing.</summary>
        public static Source Of(string uri)
        {
            var text = uri.StartsWith("git+", StringComparison.Ordinal) ? uri[4..] : uri;
            // An at sign before the path is a user's.
            var path = text.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? text.IndexOf('/', scheme + 3) : 0;
            string? reference = null;
            if (path >= 0 && text.IndexOf('@', path) is >= 0 and var at)
                (text, reference) = (text[..at], text[(at + 1)..]);
            text = text.TrimEnd('/');
            return new Source(text.EndsWith(".git", StringComparison.Ordinal) ? text[..^4] : text, reference is "" ? null : reference);
        }
    }
}
