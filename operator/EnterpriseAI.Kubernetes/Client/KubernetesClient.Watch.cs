using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace EnterpriseAI.Kubernetes;

public sealed partial class KubernetesClient
{
    /// <summary>Reports changes as they happen, until the server ends the watch after <see cref="WatchOptions.Timeout"/>.</summary>
    /// <remarks>
    /// Guarantees: a normal end completes the sequence; the caller continues from the last
    /// <see cref="WatchEvent{T}.ResourceVersion"/>. An object that the type cannot hold is reported as
    /// <see cref="WatchEvent{T}.Unreadable"/> and the watch goes on.
    /// Errors: an error sent inside the stream is thrown as <see cref="KubernetesException"/>; silence beyond
    /// <see cref="WatchOptions.Timeout"/> plus <see cref="WatchOptions.WatchdogMargin"/> as <see cref="TimeoutException"/>;
    /// a broken connection as <see cref="IOException"/> or <see cref="HttpRequestException"/>.
    /// </remarks>
    /// <param name="type">The resource.</param>
    /// <param name="ns">Null for all namespaces.</param>
    /// <param name="options">Null to start at the newest version.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public async IAsyncEnumerable<WatchEvent<T>> WatchAsync<T>(
        ResourceType<T> type, string? ns = null, WatchOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        options ??= new WatchOptions();
        var path = new Query(type.Path(ns))
            .Add("watch", "true")
            .Add("allowWatchBookmarks", options.AllowBookmarks || options.SendInitialEvents ? "true" : null)
            .Add("resourceVersion", options.ResourceVersion)
            .Add("resourceVersionMatch", options.SendInitialEvents ? "NotOlderThan" : null)
            .Add("sendInitialEvents", options.SendInitialEvents ? "true" : null)
            .Add("timeoutSeconds", (long)Math.Max(1, options.Timeout.TotalSeconds))
            .Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector)
            .ToString();

        // The server should end the watch itself. When it cannot (the connection is half open), this side does.
        using var watchdog = new TimeLimit(options.Timeout + options.WatchdogMargin, _time, cancellationToken);

        using var response = await Guarded(
            SendAsync(Request(HttpMethod.Get, path, "WATCH"), watchdog.Token), type, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(watchdog.Token).ConfigureAwait(false);
        var reader = PipeReader.Create(body, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: false));
        try
        {
            while (true)
            {
                var read = await Guarded(reader.ReadAsync(watchdog.Token).AsTask(), type, cancellationToken).ConfigureAwait(false);
                var buffer = read.Buffer;
                while (WatchFrame.TryTakeLine(ref buffer, read.IsCompleted, out var line))
                {
                    if (WatchFrame.Parse(line, type.TypeInfo) is { } change)
                        yield return change;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
                if (read.IsCompleted)
                    yield break;
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    static async Task<TResult> Guarded<T, TResult>(Task<TResult> work, ResourceType<T> type, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        try
        {
            return await work.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"watch of {type}: the server neither sent anything nor ended the watch in time");
        }
    }
}
