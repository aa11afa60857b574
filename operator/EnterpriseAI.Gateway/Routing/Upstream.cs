namespace EnterpriseAI.Gateway.Routing;

/// <summary>One model server and how many requests it is working on for this gateway. Outlives the tables that name it.</summary>
internal sealed class Upstream(Uri address)
{
    private int _inFlight;

    public Uri Address { get; } = address;

    public int InFlight => Volatile.Read(ref _inFlight);

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Exit() => Interlocked.Decrement(ref _inFlight);
}
