using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>What to bring where.</summary>
/// <param name="From"><c>file://</c> of a file or folder, or <c>http(s)://</c> of one file.</param>
/// <param name="To">Where it is to lie; a folder when the source is one.</param>
/// <param name="Digest">What it must be; null when anything is welcome.</param>
internal sealed record FetchRequest(Uri From, string To, ModelDigest? Digest)
{
    /// <summary>Largest sum of all files, in bytes.</summary>
    public long MaxBytes { get; init; } = 8L << 30;

    /// <summary>Attempts after the first.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The server must send something within this time.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait before the second attempt; doubles with each further one, up to 30 seconds.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <exception cref="AgentFailure">The text is no address that can be fetched.</exception>
    public static Uri ParseSource(string text)
        => Uri.TryCreate(text, UriKind.Absolute, out var uri)
           && (uri is { Scheme: "http" or "https", Host.Length: > 0 } || uri is { Scheme: "file", IsUnc: false })
            ? uri
            : throw AgentFailure.BadInput("InvalidSource", $"--from: '{text}' is not allowed, allowed are file:///path, http://host/path and https://host/path");
}

/// <summary>The result of <c>agent fetch</c>.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Digest">Of the file or folder, as <c>sha256:</c> and hexadecimal digits.</param>
/// <param name="Bytes">Sum of all files, without the signature.</param>
/// <param name="Unchanged">True when it lay there already and nothing was done.</param>
public sealed record FetchResult(string Path, string Digest, long Bytes, bool Unchanged);
