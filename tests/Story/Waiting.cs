using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Story;

/// <summary>Waits for what a resource's own status says, by watching it; shows what it waits for.</summary>
public sealed class Waiting(KubernetesClient client, Action<string> progress)
{
    /// <summary>Watches until there is no such object.</summary>
    public async Task UntilGoneAsync<T>(ResourceType<T> type, string? ns, string name, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        while (true)
        {
            var list = await client.ListAsync(type, ns, new ListOptions { FieldSelector = $"metadata.name={name}" }, cancellationToken);
            if (list.Items.Count == 0)
                return;
            await foreach (var change in client.WatchAsync(type, ns, new WatchOptions { FieldSelector = $"metadata.name={name}", ResourceVersion = list.Metadata.ResourceVersion }, cancellationToken))
            {
                if (change.Type == WatchEventType.Deleted)
                    return;
            }
        }
    }

    /// <summary>Watches a resource until <paramref name="holds"/>.</summary>
    /// <param name="describe">What the resource says of itself now: shown when it changes, and told when time runs out.</param>
    /// <exception cref="StoryException">It did not come about in time.</exception>
    public async Task<T> UntilAsync<T>(
        ResourceType<T> type, string? ns, string name, Func<T, bool> holds, Func<T, string> describe, TimeSpan patience, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(patience);
        var last = "it does not exist";
        try
        {
            while (true)
            {
                var list = await client.ListAsync(type, ns, new ListOptions { FieldSelector = $"metadata.name={name}" }, limited.Token);
                foreach (var item in list.Items)
                {
                    if (See(item))
                        return item;
                }
                await foreach (var change in client.WatchAsync(type, ns, new WatchOptions { FieldSelector = $"metadata.name={name}", ResourceVersion = list.Metadata.ResourceVersion }, limited.Token))
                {
                    if (change.Object is { } item && See(item))
                        return item;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new StoryException($"{type.Kind} {name}: waited {patience.TotalSeconds:0} s; last seen: {last}");
        }

        bool See(T item)
        {
            var now = describe(item);
            if (now != last)
                progress(now);
            last = now;
            return holds(item);
        }
    }
}
