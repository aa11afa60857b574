using System.Text.RegularExpressions;

namespace EnterpriseAI.SupplyChain;

/// <summary>Names something in a registry: <c>registry/repository[:tag][@digest]</c>.</summary>
/// <param name="Registry">The registry's host, with a port if it is not the usual one.</param>
/// <param name="Repository">The path within the registry.</param>
/// <param name="Tag">A name that may be moved; null if none was given.</param>
/// <param name="Digest">What it must be; null if any will do. Where both are given, the digest decides.</param>
public sealed partial record OciReference(string Registry, string Repository, string? Tag, OciDigest? Digest)
{
    private const int MaxLength = 1024;
    private const int MaxRepositoryLength = 255;
    private const string DockerHub = "docker.io";

    /// <summary>What a manifest is asked for by.</summary>
    internal string ManifestName => Digest?.ToString() ?? Tag ?? "latest";

    /// <summary>Where the registry really answers: Docker Hub's name is that of its web site.</summary>
    internal string Host => Registry is DockerHub ? "registry-1.docker.io" : Registry;

    /// <summary>Reads a reference. An <c>oci://</c> before it is allowed; the registry must be named, for there is no default one.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Malformed"/>, saying which part is wrong.</exception>
    public static OciReference Parse(string text)
    {
        var rest = text.StartsWith("oci://", StringComparison.Ordinal) ? text["oci://".Length..] : text;
        if (rest.Length > MaxLength)
            throw Invalid(text[..64] + "…", $"it is longer than {MaxLength} characters");
        OciDigest? digest = null;
        if (rest.IndexOf('@') is >= 0 and var at)
        {
            digest = OciDigest.TryParse(rest[(at + 1)..], out var parsed) ? parsed
                : throw Invalid(text, "after '@' there must be a digest: 'sha256:' and 64 lower-case hexadecimal digits");
            rest = rest[..at];
        }
        if (rest.IndexOf('/') is not (> 0 and var slash))
            throw Invalid(text, "it must begin with a registry and '/'");
        var (registry, repository) = (rest[..slash], rest[(slash + 1)..]);
        // A first part like this would be a path on Docker Hub to some tools and a host in the local network to others.
        if (!RegistryForm().IsMatch(registry) || (!registry.AsSpan().ContainsAny('.', ':', '[') && registry != "localhost"))
            throw Invalid(text, $"'{registry}' is not a registry: give its host, such as ghcr.io or localhost:5000");
        string? tag = null;
        if (repository.LastIndexOf(':') is >= 0 and var colon)
        {
            tag = repository[(colon + 1)..];
            repository = repository[..colon];
            if (!TagForm().IsMatch(tag))
                throw Invalid(text, $"'{tag}' is not a tag: up to 128 letters, digits, '_', '.' and '-', and not one of the last two first");
        }
        if (repository.Length > MaxRepositoryLength || !RepositoryForm().IsMatch(repository))
            throw Invalid(text, $"'{repository}' is not a repository: lower-case letters and digits, with single '.', '_' or '-' between them, in parts between '/'");
        // Docker Hub's own images have a folder that nobody writes.
        if (registry is DockerHub && !repository.Contains('/'))
            repository = "library/" + repository;
        return new OciReference(registry, repository, tag, digest);
    }

    /// <summary>The same repository, by digest.</summary>
    public OciReference At(OciDigest digest) => this with { Tag = null, Digest = digest };

    /// <summary>The same repository, by tag.</summary>
    public OciReference At(string tag) => TagForm().IsMatch(tag) ? this with { Tag = tag, Digest = null } : throw Invalid(ToString(), $"'{tag}' is not a tag");

    /// <inheritdoc/>
    public override string ToString() => $"{Registry}/{Repository}{(Tag is null ? "" : $":{Tag}")}{(Digest is null ? "" : $"@{Digest}")}";

    private static SupplyChainException Invalid(string text, string what) =>
        new(SupplyChainReason.Malformed, $"'{text}' is not a reference of the form registry/repository[:tag][@digest]: {what}");

    [GeneratedRegex(@"\A(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?\z", RegexOptions.NonBacktracking)]
    private static partial Regex RegistryForm();

    [GeneratedRegex(@"\A[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*\z", RegexOptions.NonBacktracking)]
    private static partial Regex RepositoryForm();

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex TagForm();
}
