using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.ClusterTests;

/// <summary>A moment of a running step, told by what happens in its namespace and not by a clock: the nth change of a resource or a pod.</summary>
internal static class RandomMoment
{
    /// <summary>Ends at the <paramref name="nth"/> change from now on, or when cancelled.</summary>
    public static async Task OfAsync(KubernetesClient client, string ns, int nth, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var seen = 0;
        await Task.WhenAll(
            WatchAsync(ApiResources.DataSources), WatchAsync(ApiResources.TrainingJobs), WatchAsync(ApiResources.ModelVersions),
            WatchAsync(ApiResources.InferenceServices), WatchAsync(CoreResources.Pods), WatchAsync(CoreResources.Deployments), WatchAsync(ApiResources.CompliancePolicies));

        async Task WatchAsync<T>(ResourceType<T> type) where T : class, IKubernetesObject
        {
            try
            {
                var version = (await client.ListAsync(type, type.Namespaced ? ns : null, cancellationToken: stop.Token)).Metadata.ResourceVersion;
                while (true)
                {
                    await foreach (var change in client.WatchAsync(type, type.Namespaced ? ns : null, new WatchOptions { ResourceVersion = version }, stop.Token))
                    {
                        version = change.Object?.Metadata.ResourceVersion ?? version;
                        if (change.Type != WatchEventType.Bookmark && Interlocked.Increment(ref seen) >= nth)
                            await stop.CancelAsync();
                    }
                }
            }
            catch (OperationCanceledException)
            {
                // The moment has come, or the step has ended before it.
            }
        }
    }
}
