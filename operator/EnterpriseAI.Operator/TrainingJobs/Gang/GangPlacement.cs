using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.TrainingJobs.Gang;

/// <summary>One node, as far as it matters for where pods fit.</summary>
public sealed record NodeRoom(string Name, ResourceDemand Free, IReadOnlyDictionary<string, string> Labels, IReadOnlyList<V1Taint> Taints);

/// <summary>One pod that needs a place.</summary>
public sealed record PodDemand(ResourceDemand Resources, IReadOnlyDictionary<string, string> NodeSelector, IReadOnlyList<V1Toleration> Tolerations)
{
    public static PodDemand Of(V1PodSpec? spec) =>
        new(ResourceDemand.Of(spec), spec?.NodeSelector ?? new Dictionary<string, string>(), spec?.Tolerations ?? []);
}

/// <summary>Whether whole gangs fit into what the nodes have free: all of a gang's pods, or none.</summary>
/// <remarks>
/// First fit, largest pods first, with the scheduler's own hard filters that matter most: resources, node selector, taints.
/// Caveat: affinities and topology spread are the scheduler's; a gang that they keep from its nodes is admitted, waits, and
/// gives its place back after <c>gang.timeout</c>.
/// </remarks>
public static class GangPlacement
{
    /// <summary>What the nodes have free, given every pod of the cluster that has not ended.</summary>
    public static IReadOnlyList<NodeRoom> Rooms(IEnumerable<V1Node> nodes, IEnumerable<V1Pod> pods)
    {
        var taken = pods
            .Where(pod => pod.Spec?.NodeName is { Length: > 0 } && pod.Status?.Phase is not ("Succeeded" or "Failed"))
            .ToLookup(pod => pod.Spec!.NodeName!, pod => ResourceDemand.Of(pod.Spec));
        return
        [
            .. nodes
                .Where(node => node.Spec?.Unschedulable is not true && node.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) is true)
                .Select(node => new NodeRoom(
                    node.Metadata.Name!,
                    taken[node.Metadata.Name!].Aggregate(ResourceDemand.Of(node.Status?.Allocatable), (free, pod) => free.Minus(pod)),
                    node.Metadata.Labels ?? new Dictionary<string, string>(),
                    node.Spec?.Taints ?? [])),
        ];
    }

    /// <summary>The rooms after every pod of the gang has found a place, or null when one does not.</summary>
    public static IReadOnlyList<NodeRoom>? Place(IReadOnlyList<NodeRoom> rooms, IEnumerable<PodDemand> gang)
    {
        var left = rooms.ToArray();
        foreach (var pod in gang.OrderByDescending(p => p.Resources[ResourceDemand.Gpu]).ThenByDescending(p => p.Resources["memory"]))
        {
            var place = Array.FindIndex(left, room => Takes(room, pod));
            if (place < 0)
                return null;
            left[place] = left[place] with { Free = left[place].Free.Minus(pod.Resources) };
        }
        return left;
    }

    /// <summary>Why a gang does not fit, for people: the resource that is shortest.</summary>
    public static string Shortage(IReadOnlyList<NodeRoom> rooms, IReadOnlyList<PodDemand> gang)
    {
        foreach (var resource in gang.SelectMany(p => p.Resources.Amounts.Keys).Distinct().OrderByDescending(name => name == ResourceDemand.Gpu))
        {
            var wanted = gang.Sum(p => p.Resources[resource]);
            var free = rooms.Sum(r => Math.Max(0, r.Free[resource]));
            if (wanted > free)
                return $"needs {Text(resource, wanted)} {resource}, {Text(resource, free)} are free";
        }
        return $"{gang.Count} pods do not fit onto {rooms.Count} nodes together (largest pod first, by requests, node selector and taints)";
    }

    private static bool Takes(NodeRoom room, PodDemand pod) =>
        pod.Resources.FitsInto(room.Free)
        && pod.NodeSelector.All(label => room.Labels.GetValueOrDefault(label.Key) == label.Value)
        && room.Taints.Where(taint => taint.Effect is "NoSchedule" or "NoExecute").All(taint => pod.Tolerations.Any(t => Tolerates(t, taint)));

    private static bool Tolerates(V1Toleration toleration, V1Taint taint) =>
        (toleration.Effect is null or "" || toleration.Effect == taint.Effect)
        && (toleration.Operator == "Exists"
            ? toleration.Key is null or "" || toleration.Key == taint.Key
            : toleration.Key == taint.Key && (toleration.Value ?? "") == (taint.Value ?? ""));

    private static string Text(string resource, decimal amount) =>
        resource == "memory" ? $"{Math.Round(amount / (1024 * 1024))}Mi" : amount.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture);
}
