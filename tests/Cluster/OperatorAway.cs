using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>The installed operator taken out of the cluster, so that operators started by a test have it for themselves; installed again at the end.</summary>
internal sealed class OperatorAway : IAsyncDisposable
{
    private readonly Story.Cluster _cluster;

    private OperatorAway(Story.Cluster cluster) => _cluster = cluster;

    /// <param name="cluster">Where it is installed.</param>
    /// <param name="withAdmission">Leave the API server asking its webhooks, which then answer nobody.</param>
    public static async Task<OperatorAway> BeginAsync(Story.Cluster cluster, bool withAdmission = false)
    {
        string[] system = ["-n", Story.Cluster.SystemNamespace];
        await cluster.KubectlAsync([.. system, "scale", "deployment/enterpriseai-operator", "--replicas=0"], CancellationToken.None);
        await cluster.KubectlAsync([.. system, "wait", "--for=delete", "pod", "-l", "app.kubernetes.io/component=operator", "--timeout=60s"], CancellationToken.None);
        // Admission fails closed without the operator: nothing could be made.
        if (!withAdmission)
            await cluster.KubectlAsync(["delete", "mutatingwebhookconfiguration", "enterpriseai"], CancellationToken.None);
        return new OperatorAway(cluster);
    }

    public async ValueTask DisposeAsync() => await Shell.RunAsync(Path.Combine(_cluster.Root, "build/install"), []);
}
