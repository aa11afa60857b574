using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>The pod that reads a data source once and answers with its profile.</summary>
internal static class ProfilePod
{
    private const string SourceMount = "/source";

    /// <summary>The run that is due: its name changes with what is profiled, how, and the tick of the schedule.</summary>
    public static string Name(DataSource resource, DateTimeOffset? tick) =>
        ObjectNames.Of(resource.Metadata.Name!, "profile-" + ObjectNames.Hash(
            resource.Metadata.Uid ?? "",
            JsonSerializer.Serialize(resource.Spec.Source, ApiJsonContext.Default.DataLocation),
            resource.Spec.Format?.ToString() ?? "",
            Rules(resource.Spec),
            tick?.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""));

    public static string NetworkPolicyName(DataSource resource) => PodNetworkPolicy.Name(resource, "profile");

    /// <summary>A pod that reads a volume calls nobody; one that reads a URL may call that URL's port.</summary>
    public static V1NetworkPolicy NetworkPolicy(DataSource resource) => resource.Spec.Source.Http is { } http
        ? PodNetworkPolicy.Fetching(resource, "profile", Labels(resource), new Uri(http.Url).Port)
        : PodNetworkPolicy.Sealed(resource, "profile", Labels(resource));

    public static V1Pod Build(DataSource resource, string name, string image)
    {
        var (source, mount, volume) = Source(resource.Spec.Source);
        var format = resource.Spec.Format is { } given ? new[] { $"--format={given}" } : [];
        return AgentPod.Build(
            resource,
            name,
            new V1Container
            {
                Name = "profile",
                Image = image,
                Command = ["/app/agent", "profile"],
                Args = [$"--source={source}", .. format, $"--spec={Rules(resource.Spec)}"],
                VolumeMounts = mount is null ? [] : [mount],
            },
            volume is null ? [] : [volume],
            Labels(resource));
    }

    private static Dictionary<string, string> Labels(DataSource resource) => new()
    {
        [CommonLabels.DataSource] = CommonLabels.Value(resource.Metadata.Name!),
        [CommonLabels.Role] = "profile",
    };

    private static (string Source, V1VolumeMount? Mount, V1Volume? Volume) Source(DataLocation location) => location switch
    {
        { PersistentVolumeClaim: { } claim } => (
            $"file:{SourceMount}/{claim.Path.TrimStart('/')}",
            new V1VolumeMount { Name = "source", MountPath = SourceMount, ReadOnly = true },
            new V1Volume { Name = "source", PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = claim.ClaimName, ReadOnly = true } }),
        { Http: { } http } => (http.Url, null, null),
        _ => throw new ArgumentException("decided before: only claims and HTTP are read so far", nameof(location)),
    };

    // Only what the profile depends on: a change of owner or governance must not read the data again.
    private static string Rules(DataSourceSpec spec)
    {
        var all = JsonSerializer.SerializeToNode(spec, ApiJsonContext.Default.DataSourceSpec)!.AsObject();
        var rules = new JsonObject();
        foreach (var section in (string[])["schema", "quality", "classification"])
        {
            if (all[section] is { } node)
                rules[section] = node.DeepClone();
        }
        return rules.ToJsonString();
    }
}
