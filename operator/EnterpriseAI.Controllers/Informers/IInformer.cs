namespace EnterpriseAI.Controllers;

/// <summary>An informer of whatever type: what runs and watches over it needs to know no more.</summary>
public interface IInformer
{
    /// <summary>The resource, such as <c>pods</c>, for logs and readiness.</summary>
    string Name { get; }

    /// <summary>The first list is in the cache.</summary>
    bool HasSynced { get; }

    /// <summary>What last went wrong; null while list and watch work.</summary>
    string? LastError { get; }

    /// <summary>Completes with the first list.</summary>
    Task WaitForSyncAsync(CancellationToken cancellationToken);

    /// <summary>Keeps the cache up to date until cancelled. Runs once.</summary>
    Task RunAsync(CancellationToken cancellationToken);
}
