using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>One change of the cache: added (no <see cref="Old"/>), changed, or gone (no <see cref="New"/>).</summary>
/// <param name="Old">The object before.</param>
/// <param name="New">The object now.</param>
/// <param name="IsInitial">Part of the first list: nothing happened, the object is merely there.</param>
public readonly record struct InformerChange<T>(T? Old, T? New, bool IsInitial)
    where T : class, IKubernetesObject
{
    /// <summary>Which object.</summary>
    public ObjectKey Key => ObjectKey.Of((New ?? Old)!);
}
