using System.IO.Pipelines;
using System.Net;

namespace EnterpriseAI.Gateway.Forwarding;

/// <summary>Streams the client's body to the model server as it arrives; nothing is held but one read.</summary>
internal sealed class RequestBody(HttpRequest request, ProgressDeadline deadline) : HttpContent
{
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>True once a byte may have been taken from the client: the request can no longer be sent again.</summary>
    public bool Started { get; private set; }

    /// <summary>Why the client's body could not be read: too large, too slow, malformed or broken off. Null when it could.</summary>
    public Exception? ClientFailure { get; private set; }

    /// <summary>Waits until the client's body is no longer read, so that the listener can reuse the connection.</summary>
    public Task FinishedAsync() => Started ? _finished.Task : Task.CompletedTask;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        Started = true;
        try
        {
            var reader = request.BodyReader;
            while (true)
            {
                var read = await ReadAsync(reader, stream).ConfigureAwait(false);
                foreach (var segment in read.Buffer) await stream.WriteAsync(segment, deadline.Token).ConfigureAwait(false);
                reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted) return;
            }
        }
        finally
        {
            _finished.TrySetResult();
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = request.ContentLength ?? -1;
        return length >= 0;
    }

    private async ValueTask<ReadResult> ReadAsync(PipeReader reader, Stream stream)
    {
        try
        {
            if (reader.TryRead(out var ready)) return ready;
        }
        catch (IOException failure)
        {
            ClientFailure = failure;
            throw;
        }
        // What is there goes on before the client is waited for: a model may answer while it is still being asked.
        await stream.FlushAsync(deadline.Token).ConfigureAwait(false);
        deadline.WaitForClient();
        try
        {
            return await reader.ReadAsync(deadline.Token).ConfigureAwait(false);
        }
        catch (IOException failure)
        {
            ClientFailure = failure;
            throw;
        }
        finally
        {
            deadline.WaitForServer();
        }
    }
}
