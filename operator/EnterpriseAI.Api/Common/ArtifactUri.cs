using System.Diagnostics.CodeAnalysis;

namespace EnterpriseAI.Api;

/// <summary>Kind of place where an artifact lies.</summary>
public enum ArtifactScheme
{
    /// <summary>A persistent volume of the same namespace: pvc://claim/path.</summary>
    Pvc,

    /// <summary>An HTTPS server: https://host/path.</summary>
    Https,

    /// <summary>An S3-compatible store: s3://bucket/key.</summary>
    S3,

    /// <summary>An OCI registry: oci://registry/repository@digest.</summary>
    Oci,
}

/// <summary>Where an artifact lies.</summary>
/// <param name="Scheme">Kind of place.</param>
/// <param name="Authority">Claim, host, bucket or registry.</param>
/// <param name="Path">The rest, without the leading slash.</param>
public sealed record ArtifactUri(ArtifactScheme Scheme, string Authority, string Path)
{
    private const string Allowed = "use pvc://claim/path, https://host/path, s3://bucket/key or oci://registry/repository@digest";

    /// <summary>Reads an artifact's address.</summary>
    /// <exception cref="FormatException">It is malformed; the message quotes it and says what is allowed.</exception>
    public static ArtifactUri Parse(string text) => TryParse(text, out var uri, out var error) ? uri : throw new FormatException(error);

    /// <summary>Reads an artifact's address without throwing.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out ArtifactUri? uri, [NotNullWhen(false)] out string? error)
    {
        uri = null;
        error = null;
        var separator = text?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        var slash = separator < 0 ? -1 : text!.IndexOf('/', separator + 3);
        if (slash < 0 || Known(text![..separator]) is not { } scheme)
        {
            error = $"'{text}' is not the address of an artifact: {Allowed}";
            return false;
        }

        var (authority, path) = (text[(separator + 3)..slash], text[(slash + 1)..].TrimEnd('/'));
        if (authority.Length == 0 || authority.Contains('@', StringComparison.Ordinal) || path.Length == 0 || path.Split('/').Any(part => part is ".." or ""))
        {
            error = $"'{text}' has no name, a password, or a path that is empty or contains '..' or '//': {Allowed}";
            return false;
        }

        uri = new ArtifactUri(scheme, authority, path);
        return true;
    }

    /// <summary>The address as text.</summary>
    public override string ToString() => $"{Scheme.ToString().ToLowerInvariant()}://{Authority}/{Path}";

    private static ArtifactScheme? Known(string scheme) => scheme switch
    {
        "pvc" => ArtifactScheme.Pvc,
        "https" => ArtifactScheme.Https,
        "s3" => ArtifactScheme.S3,
        "oci" => ArtifactScheme.Oci,
        _ => null,
    };
}
