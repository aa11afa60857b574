namespace EnterpriseAI.Agent.Parallel;

/// <summary>
/// The workers of one training, seen from one of them. Its three forms are the two ends of a connection and the
/// absence of one.
/// </summary>
internal interface IParameterGroup : IAsyncDisposable
{
    /// <summary>Replaces the vector by the arithmetic mean of all workers' vectors; every worker calls it equally often.</summary>
    /// <exception cref="AgentFailure">A worker was lost, is too slow, or gave up.</exception>
    Task AverageAsync(double[] vector, CancellationToken cancellationToken);

    /// <summary>On rank 0 tells the others that the model is written; on the others waits for that.</summary>
    /// <exception cref="AgentFailure">Rank 0 was lost or could not write the model.</exception>
    Task FinishAsync(CancellationToken cancellationToken);

    /// <summary>Tells the other workers, as far as they can be reached, why this one cannot go on.</summary>
    Task AbortAsync(string reason);
}

/// <summary>One process alone: the mean of one vector is the vector.</summary>
internal sealed class SingleProcessGroup : IParameterGroup
{
    public Task AverageAsync(double[] vector, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FinishAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AbortAsync(string reason) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
