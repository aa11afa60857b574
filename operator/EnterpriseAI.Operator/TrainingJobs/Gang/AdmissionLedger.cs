using System.Collections.Concurrent;

namespace EnterpriseAI.Operator.TrainingJobs.Gang;

/// <summary>Attempts that this process admitted and that its cache may not show yet, so that the same GPUs are not given twice.</summary>
/// <remarks>After a restart it is empty, and need not be more: the first decision is made after the caches are full.</remarks>
public sealed class AdmissionLedger
{
    private readonly ConcurrentDictionary<string, int> _admitted = [];

    /// <summary>The job's attempt was admitted; its status is being written.</summary>
    public void Admit(string uid, int attempt) => _admitted[uid] = attempt;

    /// <summary>The job is gone or has ended.</summary>
    public void Forget(string uid) => _admitted.TryRemove(uid, out _);

    /// <summary>Whether an attempt later than <paramref name="shown"/>, the last one that the cache shows, was admitted.</summary>
    public bool IsAheadOf(string uid, int shown) => _admitted.TryGetValue(uid, out var attempt) && attempt > shown;
}
