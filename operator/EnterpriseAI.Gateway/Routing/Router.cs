using System.Collections.Immutable;
using EnterpriseAI.Gateway.Observations;

namespace EnterpriseAI.Gateway.Routing;

/// <summary>Holds the present table and swaps in the next one while requests go on.</summary>
/// <remarks>
/// <b>Guarantees:</b> a request sees one whole table. Counters and in-flight numbers survive a swap for revisions that stay.
/// </remarks>
internal sealed class Router(ObservationStore observations)
{
    private readonly Lock _gate = new();
    private volatile LiveTable? _table;

    /// <summary>False until the first table was applied.</summary>
    public bool IsLoaded => _table is not null;

    /// <summary>The services of the present table.</summary>
    public ImmutableArray<LiveService> Services => _table?.Services ?? [];

    /// <summary>Makes a table the present one.</summary>
    public void Apply(RouteTable table)
    {
        lock (_gate)
        {
            // Counters first: a request that sees the new table finds every window it writes to.
            _table = new LiveTable([.. observations.Bind(table)]);
        }
    }

    /// <inheritdoc cref="LiveTable.Resolve"/>
    public Resolution Resolve(string host, string target) =>
        _table is { } table ? table.Resolve(host, target) : Resolution.None("the routing table is not loaded yet");
}
