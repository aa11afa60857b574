namespace EnterpriseAI.Agent.Fetching;

/// <summary>A file somewhere else that can be read from any position.</summary>
internal interface IRemoteFile
{
    /// <summary>What to call it in messages; holds no credentials.</summary>
    string Shown { get; }

    /// <summary>Asks for a part of it; the answer may be the whole file, or a shorter part.</summary>
    /// <exception cref="RemoteTrouble">It cannot be had now, or not so.</exception>
    /// <exception cref="AgentFailure">The server refused for good.</exception>
    Task<RemoteBody> OpenAsync(RemoteRange range, CancellationToken cancellationToken);
}

/// <summary>What is asked for of a file.</summary>
/// <param name="From">The first byte.</param>
/// <param name="Count">How many; null for all that follow.</param>
/// <param name="Version">Of the file that an earlier answer was from; null for any.</param>
internal sealed record RemoteRange(long From, long? Count, string? Version)
{
    /// <summary>The whole file.</summary>
    public static RemoteRange Whole { get; } = new(0, null, null);

    public bool IsWhole => this is { From: 0, Count: null };
}

/// <summary>The answer: bytes of a file.</summary>
internal sealed class RemoteBody(Stream content, IDisposable response) : IDisposable
{
    public Stream Content => content;

    /// <summary>The position of its first byte in the file.</summary>
    public long Offset { get; init; }

    /// <summary>How many bytes were announced; may be a lie.</summary>
    public long? Announced { get; init; }

    /// <summary>The size of the file, where the server tells.</summary>
    public long? Total { get; init; }

    /// <summary>Names the file's bytes: two answers with the same version are of the same file. Null when the server makes no such promise.</summary>
    public string? Version { get; init; }

    /// <summary>False when the server answered with the whole file.</summary>
    public bool IsPart { get; init; }

    public void Dispose()
    {
        content.Dispose();
        response.Dispose();
    }
}

/// <summary>What another request may get over.</summary>
internal enum RemoteTroubleKind
{
    /// <summary>The same request may succeed later.</summary>
    Passing,

    /// <summary>The file is not the one that the download began with.</summary>
    Changed,

    /// <summary>The file has no such range; an empty file has none at all.</summary>
    NoSuchRange,
}

/// <summary>A request for a file did not succeed.</summary>
/// <param name="kind">What may help.</param>
/// <param name="message">What happened.</param>
/// <param name="wait">How long the server asks to wait; null when it does not say.</param>
/// <param name="cause">Where it comes from.</param>
internal sealed class RemoteTrouble(RemoteTroubleKind kind, string message, TimeSpan? wait = null, Exception? cause = null) : Exception(message, cause)
{
    public RemoteTroubleKind Kind => kind;

    public TimeSpan? Wait => wait;
}
