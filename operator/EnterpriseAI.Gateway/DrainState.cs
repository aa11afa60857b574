namespace EnterpriseAI.Gateway;

/// <summary>Whether the gateway is on its way out. While it drains it is not ready, and still answers.</summary>
internal sealed class DrainState
{
    private volatile bool _draining;

    /// <summary>True from SIGTERM on.</summary>
    public bool Draining => _draining;

    /// <summary>Called once, when the host is told to stop.</summary>
    public void Begin() => _draining = true;
}
