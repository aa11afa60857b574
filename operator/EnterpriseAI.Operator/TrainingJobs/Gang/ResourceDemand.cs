using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.TrainingJobs.Gang;

/// <summary>Amounts per resource name, in base units: cores, bytes, GPUs.</summary>
public sealed record ResourceDemand(IReadOnlyDictionary<string, decimal> Amounts)
{
    /// <summary>The extended resource of NVIDIA's device plugin.</summary>
    public const string Gpu = "nvidia.com/gpu";

    /// <summary>Nodes limit how many pods they run; each pod takes one of these.</summary>
    private const string Pods = "pods";

    /// <summary>What a pod takes from its node: the larger of all its containers together and of any one init container.</summary>
    public static ResourceDemand Of(V1PodSpec? spec)
    {
        var amounts = new Dictionary<string, decimal> { [Pods] = 1 };
        foreach (var container in spec?.Containers ?? [])
        {
            foreach (var (name, amount) in Requests(container))
                amounts[name] = amounts.GetValueOrDefault(name) + amount;
        }
        foreach (var container in spec?.InitContainers ?? [])
        {
            foreach (var (name, amount) in Requests(container))
                amounts[name] = Math.Max(amounts.GetValueOrDefault(name), amount);
        }
        foreach (var (name, text) in spec?.Overhead ?? new Dictionary<string, string>())
            amounts[name] = amounts.GetValueOrDefault(name) + Parse(text);
        return new ResourceDemand(amounts);
    }

    /// <summary>Quantities as a node reports them.</summary>
    public static ResourceDemand Of(IReadOnlyDictionary<string, string>? quantities) =>
        new((quantities ?? new Dictionary<string, string>()).ToDictionary(q => q.Key, q => Parse(q.Value)));

    public decimal this[string resource] => Amounts.GetValueOrDefault(resource);

    /// <summary>True when <paramref name="free"/> has at least this much of everything.</summary>
    public bool FitsInto(ResourceDemand free) => Amounts.All(a => a.Value <= 0 || a.Value <= free[a.Key]);

    public ResourceDemand Minus(ResourceDemand other) =>
        new(Amounts.Keys.Union(other.Amounts.Keys).ToDictionary(name => name, name => this[name] - other[name]));

    // A request that is left out equals the limit, as the API server defaults it.
    private static IEnumerable<(string Name, decimal Amount)> Requests(V1Container container)
    {
        var requests = container.Resources?.Requests ?? new Dictionary<string, string>();
        foreach (var (name, text) in requests)
            yield return (name, Parse(text));
        foreach (var (name, text) in container.Resources?.Limits ?? new Dictionary<string, string>())
        {
            if (!requests.ContainsKey(name))
                yield return (name, Parse(text));
        }
    }

    private static decimal Parse(string text) => Quantity.TryParse(text, out var value) ? value : 0;
}
