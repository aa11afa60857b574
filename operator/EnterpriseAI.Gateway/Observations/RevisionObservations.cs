using System.Collections.Immutable;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Observations;

/// <summary>The counters of one revision, one window for each weight its service's candidate had. Guarded by the store's lock, except in-flight.</summary>
internal sealed class RevisionObservations(string name)
{
    private readonly SortedDictionary<int, ObservationWindow> _windows = [];
    private Dictionary<Uri, Upstream> _upstreams = [];
    private int _inFlight;

    public string Name { get; } = name;

    public RevisionRole Role { get; private set; }

    /// <summary>The weight in the present table; 0 when the revision is not in it.</summary>
    public int Weight { get; set; }

    public int InFlight => Volatile.Read(ref _inFlight);

    public IEnumerable<KeyValuePair<int, ObservationWindow>> Windows => _windows;

    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Exit() => Interlocked.Decrement(ref _inFlight);

    public void Take(RevisionRole role, int weight) => (Role, Weight) = (role, weight);

    // Requests still in flight count into the windows they started with, which nobody reads any more.
    public void Reset() => _windows.Clear();

    public ObservationWindow WindowFor(int candidateWeight)
    {
        if (!_windows.TryGetValue(candidateWeight, out var window)) _windows[candidateWeight] = window = new ObservationWindow();
        return window;
    }

    /// <summary>The upstreams of these addresses; those known before keep their in-flight number.</summary>
    public ImmutableArray<Upstream> UpstreamsOf(ImmutableArray<Uri> addresses)
    {
        var next = new Dictionary<Uri, Upstream>();
        foreach (var address in addresses) next[address] = _upstreams.GetValueOrDefault(address) ?? new Upstream(address);
        _upstreams = next;
        return [.. next.Values];
    }
}
