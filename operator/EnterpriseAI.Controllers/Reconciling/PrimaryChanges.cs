using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Which changes of a reconciled object are worth a reconcile.</summary>
public static class PrimaryChanges
{
    /// <summary>All but those of the status alone: spec (generation), deletion, finalizers, labels, annotations and owners matter.</summary>
    /// <remarks>A controller's own status write would otherwise wake it each time.</remarks>
    public static bool Matter<T>(InformerChange<T> change)
        where T : class, IKubernetesObject
    {
        if (change is not { Old.Metadata: { } old, New.Metadata: { } now })
            return true;
        // Without a generation nothing tells a status write from any other.
        return now.Generation is null
            || old.Generation != now.Generation
            || old.DeletionTimestamp != now.DeletionTimestamp
            || !Same(old.Finalizers, now.Finalizers)
            || !Same(old.OwnerReferences, now.OwnerReferences)
            || !Same(old.Labels, now.Labels)
            || !Same(old.Annotations, now.Annotations);
    }

    static bool Same<TItem>(IReadOnlyList<TItem>? a, IReadOnlyList<TItem>? b) => (a ?? []).SequenceEqual(b ?? []);

    static bool Same(IReadOnlyDictionary<string, string>? a, IReadOnlyDictionary<string, string>? b)
    {
        if ((a?.Count ?? 0) != (b?.Count ?? 0))
            return false;
        return a is null || b is null || a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);
    }
}
