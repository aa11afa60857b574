namespace EnterpriseAI.Agent.Fetching;

/// <summary>What all downloads of one fetch share.</summary>
/// <param name="host">Where they say how they get on, and whose clock they use.</param>
/// <param name="request">The limits.</param>
/// <param name="budget">How many bytes may still come.</param>
internal sealed class Transfer(AgentHost host, FetchRequest request, ByteBudget budget) : IDisposable
{
    private readonly SemaphoreSlim _connections = new(request.Connections);

    public AgentHost Host => host;

    public FetchRequest Request => request;

    public ByteBudget Budget => budget;

    public DownloadProgress Progress { get; } = new(host, request.Shown);

    /// <summary>True once a file was gone on with without knowing that it is still the same.</summary>
    public bool IsPatched { get; set; }

    /// <summary>Asks for a part of a file, and reads the answer with what is given.</summary>
    /// <exception cref="RemoteTrouble">It cannot be had now, or not so.</exception>
    /// <exception cref="AgentFailure">The server refused for good.</exception>
    public async Task<TResult> RequestAsync<TResult>(
        IRemoteFile file, RemoteRange range, Func<RemoteBody, IdleLimit, Task<TResult>> read, CancellationToken cancellationToken)
    {
        await _connections.WaitAsync(cancellationToken);
        try
        {
            using var idle = new IdleLimit(host.Time, request.IdleTimeout, cancellationToken);
            try
            {
                using var body = await file.OpenAsync(range, idle.Token);
                idle.Restart();
                return await read(body, idle);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw idle.Trouble(exception);
            }
        }
        finally
        {
            _connections.Release();
        }
    }

    /// <summary>Reads a small file into memory.</summary>
    /// <exception cref="AgentFailure">It cannot be had, or is larger than allowed.</exception>
    public async Task<byte[]> ReadAllAsync(IRemoteFile file, int allowed, CancellationToken cancellationToken)
    {
        for (var attempts = new Attempts(file.Shown, this); ;)
        {
            try
            {
                return await RequestAsync(file, RemoteRange.Whole, (body, idle) => ReadAllAsync(file, body, allowed, idle), cancellationToken);
            }
            catch (RemoteTrouble trouble)
            {
                await attempts.AfterAsync(trouble, cancellationToken);
            }
        }
    }

    /// <summary>Asks for something small that is no file.</summary>
    /// <exception cref="AgentFailure">It cannot be had.</exception>
    public async Task<TResult> AskAsync<TResult>(Func<CancellationToken, Task<TResult>> ask, CancellationToken cancellationToken)
    {
        for (var attempts = new Attempts(request.Shown, this); ;)
        {
            using var idle = new IdleLimit(host.Time, request.IdleTimeout, cancellationToken);
            try
            {
                return await ask(idle.Token);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                await attempts.AfterAsync(idle.Trouble(exception), cancellationToken);
            }
            catch (RemoteTrouble trouble)
            {
                await attempts.AfterAsync(trouble, cancellationToken);
            }
        }
    }

    public void Dispose() => _connections.Dispose();

    private static async Task<byte[]> ReadAllAsync(IRemoteFile file, RemoteBody body, int allowed, IdleLimit idle)
    {
        var buffer = new byte[1 << 15];
        using var content = new MemoryStream();
        for (int count; (count = await idle.ReadAsync(body.Content, buffer)) > 0; content.Write(buffer, 0, count))
        {
            if (content.Length + count > allowed)
            {
                throw AgentFailure.BadInput("ArtifactTooLarge", $"{file.Shown} is larger than the {allowed} bytes that are allowed there");
            }
        }

        return content.Length < body.Announced
            ? throw new RemoteTrouble(RemoteTroubleKind.Passing, $"the connection ended after {content.Length} of {body.Announced} bytes")
            : content.ToArray();
    }
}
