namespace EnterpriseAI.Controllers;

/// <summary>Brings one object from where it is to where it should be.</summary>
public interface IReconciler
{
    /// <summary>Reads the object anew (it may be gone) and does what is missing. Never runs twice at once for one key.</summary>
    /// <param name="key">Which object.</param>
    /// <param name="cancellationToken">Cancelled when the process stops or stops being the leader: nothing may be written then.</param>
    /// <exception cref="TerminalException">Trying again would not help.</exception>
    Task<ReconcileResult> ReconcileAsync(ObjectKey key, CancellationToken cancellationToken);
}

/// <summary>When to look again.</summary>
/// <param name="RequeueAfter">Null for when something changes.</param>
public readonly record struct ReconcileResult(TimeSpan? RequeueAfter)
{
    /// <summary>Nothing to do until something changes.</summary>
    public static ReconcileResult Done => default;

    /// <summary>Look again after a while, or when something changes.</summary>
    public static ReconcileResult After(TimeSpan delay) => new(delay);
}

/// <summary>A failure that trying again would not mend; the key waits for the next change.</summary>
public sealed class TerminalException(string message, Exception? inner = null) : Exception(message, inner);
