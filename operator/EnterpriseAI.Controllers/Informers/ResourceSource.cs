using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>What an informer copies: the other side of a process boundary, at which tests put a model of a server.</summary>
internal interface IResourceSource<T>
    where T : class, IKubernetesObject
{
    /// <summary>The server can send the present objects as the first events of a watch.</summary>
    ValueTask<bool> HasStreamingListsAsync(CancellationToken cancellationToken);

    Task<KubernetesList<T>> ListAsync(ListOptions options, CancellationToken cancellationToken);

    IAsyncEnumerable<WatchEvent<T>> WatchAsync(WatchOptions options, CancellationToken cancellationToken);
}

/// <summary>A resource of an API server.</summary>
internal sealed class ApiServerSource<T>(KubernetesClient client, ResourceType<T> type, string? ns) : IResourceSource<T>
    where T : class, IKubernetesObject
{
    public ValueTask<bool> HasStreamingListsAsync(CancellationToken cancellationToken) => client.HasStreamingListsAsync(cancellationToken);

    public Task<KubernetesList<T>> ListAsync(ListOptions options, CancellationToken cancellationToken) =>
        client.ListAsync(type, ns, options, cancellationToken);

    public IAsyncEnumerable<WatchEvent<T>> WatchAsync(WatchOptions options, CancellationToken cancellationToken) =>
        client.WatchAsync(type, ns, options, cancellationToken);
}
