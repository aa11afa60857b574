using System.Diagnostics;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.ClusterTests;

/// <summary>The operator's processes, where the cluster's nodes are this machine: found by the control group that the kubelet put them in.</summary>
internal sealed class OperatorProcesses(Story.Cluster cluster)
{
    private const string Selector = "app.kubernetes.io/component=operator";

    /// <summary>Whether they can be found here at all; with nodes on other machines they cannot.</summary>
    public async Task<bool> AreHereAsync() => Environment.IsPrivilegedProcess && Of(await PodsAsync()).Count > 0;

    /// <summary>
    /// SIGKILL to every operator process, or only to the leader's. Their pods are then deleted, so that new ones start at once and not
    /// after the kubelet's growing back-off.
    /// </summary>
    /// <returns>How many processes were killed.</returns>
    public async Task<int> KillAsync(bool onlyLeader, CancellationToken cancellationToken)
    {
        var pods = await PodsAsync();
        if (onlyLeader)
        {
            var lease = await cluster.Client.GetAsync(CoreResources.Leases, Story.Cluster.SystemNamespace, "enterpriseai-operator", cancellationToken);
            // Between a kill and the next election nobody leads: then both candidates are killed.
            if (pods.Where(p => lease.Spec?.HolderIdentity?.StartsWith(p.Metadata.Name!, StringComparison.Ordinal) is true).ToList() is { Count: > 0 } leader)
                pods = leader;
        }
        var killed = 0;
        foreach (var process in Of(pods))
        {
            using (process)
            {
                // On Linux this is signal 9: no handler runs, nothing is flushed, the lease is not released.
                process.Kill();
                await process.WaitForExitAsync(cancellationToken);
                killed++;
            }
        }
        foreach (var pod in pods)
            await cluster.Client.DeleteAsync(CoreResources.Pods, pod.Metadata.Namespace, pod.Metadata.Name!, new DeleteOptions { GracePeriod = TimeSpan.Zero, Uid = pod.Metadata.Uid }, cancellationToken);
        return killed;
    }

    private async Task<IReadOnlyList<V1Pod>> PodsAsync() =>
        (await cluster.Client.ListAsync(CoreResources.Pods, Story.Cluster.SystemNamespace, new ListOptions { LabelSelector = Selector })).Items;

    private static List<Process> Of(IReadOnlyList<V1Pod> pods)
    {
        // cgroupfs writes the pod's uid as it is, the systemd driver with underscores.
        var marks = pods.SelectMany(p => (string[])[p.Metadata.Uid!, p.Metadata.Uid!.Replace('-', '_')]).ToList();
        var found = new List<Process>();
        foreach (var process in Process.GetProcessesByName("operator"))
        {
            string groups;
            try
            {
                groups = File.ReadAllText($"/proc/{process.Id}/cgroup");
            }
            catch (IOException)
            {
                // It ended meanwhile.
                groups = "";
            }
            if (marks.Any(groups.Contains))
                found.Add(process);
            else
                process.Dispose();
        }
        return found;
    }
}
