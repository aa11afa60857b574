using System.Collections.Immutable;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Tests;

/// <summary>Short ways to write tables.</summary>
internal static class Routes
{
    public static RouteTable Table(params ServiceRoute[] services) => new([.. services]);

    public static ServiceRoute Service(RevisionRoute? stable, RevisionRoute? candidate = null, string @namespace = "default", string name = "penguins", params string[] hosts) =>
        new(@namespace, name, [.. hosts], stable, candidate);

    public static RevisionRoute Revision(string name, int weight, params Uri[] endpoints) => new(name, name + "-version", weight, [.. endpoints]);

    public static Uri Address(int port) => new($"http://127.0.0.1:{port}");

    public static ImmutableArray<LiveService> Bind(RouteTable table) => new ObservationStore().Bind(table);
}
