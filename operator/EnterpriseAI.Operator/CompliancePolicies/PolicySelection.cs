using System.Collections.Concurrent;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>Which policies look at a namespace.</summary>
/// <remarks>
/// Remembered per namespace until a policy or a namespace changes: with 2,000 policies, matching every selector at every change of every
/// resource took more than half of the operator's processor time.
/// </remarks>
public sealed class PolicySelection
{
    private readonly Informer<CompliancePolicy> _policies;
    private readonly Informer<V1Namespace> _namespaces;
    private readonly ConcurrentDictionary<string, (long Version, IReadOnlyList<ObjectKey> Policies)> _known = new(StringComparer.Ordinal);
    private long _version;

    /// <summary>Listens to both informers; before they run.</summary>
    public PolicySelection(Informer<CompliancePolicy> policies, Informer<V1Namespace> namespaces)
    {
        (_policies, _namespaces) = (policies, namespaces);
        policies.AddHandler(Forget);
        namespaces.AddHandler(Forget);
    }

    /// <summary>Without a selector a policy holds everywhere.</summary>
    public static bool Selects(CompliancePolicy policy, V1Namespace ns) => policy.Spec.NamespaceSelector?.Matches(ns.Metadata.Labels) ?? true;

    /// <summary>The policies that look at a namespace: all of them while it is not known.</summary>
    public IReadOnlyList<ObjectKey> Of(string name)
    {
        // Read first: what changes while the selectors are matched makes the result worth nothing.
        var version = Volatile.Read(ref _version);
        if (_known.TryGetValue(name, out var known) && known.Version == version)
            return known.Policies;
        var ns = _namespaces.Get(null, name);
        var selecting = _policies.List().Where(policy => ns is null || Selects(policy, ns)).Select(ObjectKey.Of).ToList();
        _known[name] = (version, selecting);
        return selecting;
    }

    private void Forget<T>(InformerChange<T> change) where T : class, IKubernetesObject
    {
        if (!PrimaryChanges.Matter(change))
            return;
        Interlocked.Increment(ref _version);
        // What was deleted is not asked for again.
        if (change is { New: null, Old: V1Namespace gone })
            _known.TryRemove(gone.Metadata.Name!, out _);
    }
}
