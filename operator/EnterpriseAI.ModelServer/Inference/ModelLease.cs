namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Holds a model version so that it is not disposed while it is used.</summary>
internal sealed class ModelLease(ServedModel model) : IDisposable
{
    private int _disposed;

    public ServedModel Model { get; } = model;

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Model.Release();
    }
}
