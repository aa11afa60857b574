using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>What was last seen of a lease, and when, by this process's own clock.</summary>
/// <remarks>Clocks of different machines are never compared: a lease counts as held for its duration after this process saw it
/// change.</remarks>
internal sealed class LeaseState(TimeProvider time)
{
    V1Lease? _lease;
    long _seenAt;

    public V1Lease? Lease => _lease;

    public void Saw(V1Lease lease)
    {
        if (_lease is null || _lease.Metadata.ResourceVersion != lease.Metadata.ResourceVersion || _lease.Spec != lease.Spec)
            _seenAt = time.GetTimestamp();
        _lease = lease;
    }

    /// <summary>Somebody else holds it, and may still think so.</summary>
    public bool IsHeldByOther(string identity) => LeftOfOther(identity) > TimeSpan.Zero;

    /// <summary>For how long from now somebody else may still think that they hold it.</summary>
    public TimeSpan LeftOfOther(string identity)
    {
        if (_lease?.Spec is not { HolderIdentity: { Length: > 0 } holder } spec || holder == identity)
            return TimeSpan.Zero;
        return TimeSpan.FromSeconds(spec.LeaseDurationSeconds ?? 0) - time.GetElapsedTime(_seenAt);
    }
}
