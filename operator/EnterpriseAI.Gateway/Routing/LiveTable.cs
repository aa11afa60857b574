using System.Collections.Frozen;
using System.Collections.Immutable;

namespace EnterpriseAI.Gateway.Routing;

/// <summary>A table with the indexes a request needs. Immutable, apart from the counters its services point at.</summary>
internal sealed class LiveTable
{
    private const string NamespacesPrefix = "/namespaces/";
    private const string ModelsPrefix = "/v2/models/";

    private readonly FrozenDictionary<(string Namespace, string Name), LiveService> _byName;
    private readonly FrozenDictionary<string, LiveService> _byHost;
    private readonly FrozenDictionary<string, ImmutableArray<LiveService>> _byModel;

    public LiveTable(ImmutableArray<LiveService> services)
    {
        Services = services;
        _byName = services.ToFrozenDictionary(service => (service.Route.Namespace, service.Route.Name));
        _byModel = services.GroupBy(service => service.Route.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray(), StringComparer.Ordinal);
        var byHost = new Dictionary<string, LiveService>(StringComparer.OrdinalIgnoreCase);
        foreach (var service in services)
            foreach (var host in service.Route.Hosts)
                byHost.TryAdd(host.TrimEnd('.'), service);
        _byHost = byHost.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    public ImmutableArray<LiveService> Services { get; }

    /// <summary>
    /// Finds the service of a request: by host <c>{name}.{namespace}[.anything]</c>, by a host the service claims, by path
    /// <c>/namespaces/{namespace}/v2/models/{name}</c> (the prefix is taken off), or by <c>/v2/models/{name}</c> where one namespace has it.
    /// </summary>
    /// <param name="host">The Host header without port; may be empty.</param>
    /// <param name="target">Path and query as received, starting with <c>/</c>.</param>
    public Resolution Resolve(string host, string target)
    {
        if (ByHost(host.TrimEnd('.')) is { } service) return Resolution.To(service, target);
        var path = PathOf(target);
        if (path.StartsWith(NamespacesPrefix, StringComparison.Ordinal)) return ByNamespace(path, target);
        if (ModelOf(path) is { } model) return ByModel(model, target);
        return Resolution.None(
            $"no service for host '{host}' and path '{path}': send Host {{name}}.{{namespace}}, or ask for /v2/models/{{name}}/… or "
            + "/namespaces/{namespace}/v2/models/{name}/…");
    }

    // The name a service has by itself goes before the hosts that others claim: nobody can take over another team's service.
    private LiveService? ByHost(string host)
    {
        if (host.Length == 0) return null;
        var lower = host.ToLowerInvariant();
        for (var dot = lower.IndexOf('.', StringComparison.Ordinal); dot > 0; dot = lower.IndexOf('.', dot + 1))
        {
            var end = lower.IndexOf('.', dot + 1);
            var @namespace = end < 0 ? lower[(dot + 1)..] : lower[(dot + 1)..end];
            if (_byName.TryGetValue((@namespace, lower[..dot]), out var named)) return named;
        }
        return _byHost.GetValueOrDefault(host);
    }

    private Resolution ByNamespace(string path, string target)
    {
        var end = path.IndexOf('/', NamespacesPrefix.Length);
        var @namespace = Uri.UnescapeDataString(end < 0 ? path[NamespacesPrefix.Length..] : path[NamespacesPrefix.Length..end]);
        if (end < 0 || ModelOf(path[end..]) is not { } model)
            return Resolution.None($"path '{path}' names no model: ask for /namespaces/{@namespace}/v2/models/{{name}}/…");
        return _byName.TryGetValue((@namespace, model), out var service)
            ? Resolution.To(service, target[end..])
            : Resolution.None($"namespace '{@namespace}' serves no model '{model}'");
    }

    private Resolution ByModel(string model, string target)
    {
        if (!_byModel.TryGetValue(model, out var services)) return Resolution.None($"no service is named '{model}'");
        if (services.Length == 1) return Resolution.To(services[0], target);
        var choices = services.Select(service => $"/namespaces/{service.Route.Namespace}/v2/models/{model}").Order(StringComparer.Ordinal);
        return Resolution.None($"model '{model}' is served in {services.Length} namespaces: ask for {string.Join(" or ", choices)}");
    }

    private static string PathOf(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static string? ModelOf(string path)
    {
        if (!path.StartsWith(ModelsPrefix, StringComparison.Ordinal)) return null;
        var end = path.IndexOf('/', ModelsPrefix.Length);
        var model = end < 0 ? path[ModelsPrefix.Length..] : path[ModelsPrefix.Length..end];
        return model.Length == 0 ? null : Uri.UnescapeDataString(model);
    }
}
