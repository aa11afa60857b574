namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>What one decision wants: the owned objects as they shall be, the new status, and when to look again.</summary>
/// <remarks>
/// Applied in the order of the properties: an owned object may exist before its audit entry does, but no status
/// shows a transition that the audit log does not hold yet.
/// </remarks>
public abstract record Plan<TStatus>
    where TStatus : class
{
    /// <summary>Owned objects to create or bring to this state. What is already so is not written again.</summary>
    public IReadOnlyList<DesiredObject> Apply { get; init; } = [];

    /// <summary>
    /// A status to write before the transitions are recorded, where nothing else would tell after a crash that the log may hold what the
    /// status does not show. It shows none of them. Null for most.
    /// </summary>
    public TStatus? Before { get; init; }

    /// <summary>What changed, for the audit log and as Kubernetes events, in order.</summary>
    public IReadOnlyList<Transition> Transitions { get; init; } = [];

    /// <summary>The whole new status. Not written when it equals the present one.</summary>
    public required TStatus Status { get; init; }

    /// <summary>Objects to delete; one that is gone already is no error.</summary>
    public IReadOnlyList<ObjectDeletion> Delete { get; init; } = [];

    /// <summary>When to decide again though nothing changed; null when only a change matters.</summary>
    public TimeSpan? RequeueAfter { get; init; }
}
