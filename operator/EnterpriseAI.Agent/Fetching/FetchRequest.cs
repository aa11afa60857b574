using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>What to bring where.</summary>
/// <param name="From">See <see cref="FetchSource"/>; a folder elsewhere ends in a slash.</param>
/// <param name="To">Where it is to lie; a folder when the source is one.</param>
/// <param name="Digest">What it must be; null when anything is welcome.</param>
internal sealed record FetchRequest(Uri From, string To, ModelDigest? Digest)
{
    /// <summary>The source as it may be logged.</summary>
    public string Shown => FetchSource.Shown(From);

    /// <summary>Largest sum of all files, in bytes.</summary>
    public long MaxBytes { get; init; } = 8L << 30;

    /// <summary>Attempts after the first.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The server must send something within this time.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Wait before the second attempt; doubles with each further one, up to 30 seconds.</summary>
    public TimeSpan Backoff { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many requests may be under way at once.</summary>
    public int Connections { get; init; } = 4;

    /// <summary>How much of a file one request asks for, where it is fetched over several connections.</summary>
    public long ChunkBytes { get; init; } = 16L << 20;

    /// <summary>Certificates of the authorities to trust instead of the system's, PEM.</summary>
    public string? CaFile { get; init; }

    /// <summary>What opens the source.</summary>
    public SourceCredentials? Credentials { get; init; }

    /// <summary>Speak to the registry of an <c>oci://</c> source without TLS.</summary>
    public bool PlainHttp { get; init; }

    /// <summary>How to reach the store of an <c>s3://</c> source.</summary>
    public S3Store S3 { get; init; } = new();
}

/// <summary>How to reach an S3 store.</summary>
internal sealed record S3Store
{
    /// <summary>Its address; null for that of Amazon's region.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>As it is signed for; null for what the environment says, or us-east-1.</summary>
    public string? Region { get; init; }

    /// <summary>Put the bucket into the path rather than the host name.</summary>
    public bool PathStyle { get; init; }
}

/// <summary>The result of <c>agent fetch</c>.</summary>
/// <param name="Path">Where it lies.</param>
/// <param name="Digest">Of the file or folder, as <c>sha256:</c> and hexadecimal digits.</param>
/// <param name="Bytes">Sum of all files, without the signature.</param>
/// <param name="Unchanged">True when it lay there already and nothing was done.</param>
/// <param name="Cached">True when it was taken from the node's cache and nothing was downloaded.</param>
public sealed record FetchResult(string Path, string Digest, long Bytes, bool Unchanged, bool Cached = false);
