using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Objects of one kind, as far as they could be read.</summary>
/// <param name="Items">What was read.</param>
/// <param name="Gap">Why nothing or not all was read; null when all was.</param>
internal sealed record Listing<T>(IReadOnlyList<T> Items, string? Gap) where T : class, IKubernetesObject
{
    /// <summary>False when the user may not read the kind at all.</summary>
    public bool IsAllowed { get; init; } = true;
}

/// <summary>Reads whole collections, in pages and up to a bound.</summary>
internal static class ClusterLists
{
    public const int PageSize = 500;
    public const int MaxPages = 20;

    /// <summary>Reads a collection; one that the user may not read is empty, and says so.</summary>
    /// <param name="ns">Null for all namespaces.</param>
    public static async Task<Listing<T>> TryListAllAsync<T>(this KubernetesClient client, ResourceType<T> type, string? ns, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        try
        {
            return await client.ListAllAsync(type, ns, cancellationToken);
        }
        catch (KubernetesException e) when (e.IsForbidden)
        {
            return new Listing<T>([], $"{type} may not be read: {e.Status.Message ?? "forbidden"}") { IsAllowed = false };
        }
    }

    /// <summary>Reads a collection.</summary>
    /// <exception cref="KubernetesException">It may not be read, among others.</exception>
    public static async Task<Listing<T>> ListAllAsync<T>(this KubernetesClient client, ResourceType<T> type, string? ns, CancellationToken cancellationToken)
        where T : class, IKubernetesObject
    {
        var items = new List<T>();
        string? next = null, gap = null;
        for (var page = 0; page < MaxPages; page++)
        {
            var list = await client.ListAsync(type, ns, new ListOptions
            {
                Limit = PageSize,
                Continue = next,
                OnUnreadable = unreadable => gap ??= $"{type} '{unreadable.Name}' cannot be read by this version of the plugin: {unreadable.Error.Message}",
            }, cancellationToken);
            items.AddRange(list.Items);
            next = list.Metadata.Continue;
            if (string.IsNullOrEmpty(next))
                return new Listing<T>(items, gap);
        }
        return new Listing<T>(items, $"there are more {type} than the first {items.Count}, which were read; ask for one namespace");
    }
}
