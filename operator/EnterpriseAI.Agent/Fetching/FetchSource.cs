namespace EnterpriseAI.Agent.Fetching;

/// <summary>The addresses that can be fetched from.</summary>
internal static class FetchSource
{
    public const string Allowed = "file:///path, https://host/path, http://host/path, s3://bucket/key, oci://registry/repository@sha256:HEX";
    private static readonly string[] Archives = [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip", ".7z"];

    /// <exception cref="AgentFailure">The text is no address that can be fetched.</exception>
    public static Uri Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || !(uri is { Scheme: "http" or "https" or "s3" or "oci", Host.Length: > 0 } or { Scheme: "file", IsUnc: false }))
        {
            throw AgentFailure.BadInput("InvalidSource", $"--from: '{text}' is not allowed, allowed are {Allowed}");
        }

        // Not repeated in the error, which is logged.
        if (uri.UserInfo.Length > 0)
        {
            throw AgentFailure.BadInput("InvalidSource", "--from: an address with a user or password in it is not allowed; give --credentials");
        }

        if (!uri.IsFile && Archives.FirstOrDefault(suffix => uri.AbsolutePath.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) is { } archive)
        {
            throw AgentFailure.BadInput(
                "ArchiveNotSupported", $"--from: {Shown(uri)} is an archive ({archive}), and archives are not unpacked; give the model's file, or a folder with its signature by an address that ends in '/'");
        }

        return uri;
    }

    /// <summary>The address as it may be logged: a query may hold a signature that lets anybody in.</summary>
    public static string Shown(Uri address) => address.Scheme is "s3" or "oci" ? address.OriginalString : address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
}
