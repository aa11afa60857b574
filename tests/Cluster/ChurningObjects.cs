using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.ClusterTests;

/// <summary>
/// 300 resources whose every change makes the operator record something, and none a pod: jobs that are suspended and resumed and ask
/// for more GPUs than there are, versions that are revoked, and policies that count the jobs which are not suspended.
/// </summary>
internal sealed class ChurningObjects(KubernetesClient client, string ns, Random random)
{
    private const int Jobs = 150, Versions = 100, Policies = 50;
    private const string Label = "enterpriseai.io/chaos";
    private int _revoked;

    public async Task CreateAsync(CancellationToken cancellationToken)
    {
        await client.CreateAsync(CoreResources.Namespaces, new V1Namespace { Metadata = new V1ObjectMeta { Name = ns, Labels = new Dictionary<string, string> { [Label] = ns } } }, cancellationToken: cancellationToken);
        await Parallel.ForEachAsync(Enumerable.Range(0, Jobs), cancellationToken, async (i, token) => await client.CreateAsync(ApiResources.TrainingJobs, Job(i), cancellationToken: token));
        await Parallel.ForEachAsync(Enumerable.Range(0, Versions), cancellationToken, async (i, token) => await client.CreateAsync(ApiResources.ModelVersions, Version(i), cancellationToken: token));
        await Parallel.ForEachAsync(Enumerable.Range(0, Policies), cancellationToken, async (i, token) => await client.CreateAsync(ApiResources.CompliancePolicies, Policy(i), cancellationToken: token));
    }

    public Task DeletePoliciesAsync(Story.Cluster cluster) => cluster.KubectlAsync(["delete", "compliancepolicies", "-l", $"{Label}={ns}", "--wait=false"], CancellationToken.None);

    /// <summary>One change of one resource.</summary>
    public Task ChangeAsync(CancellationToken cancellationToken)
    {
        // A version can be revoked once: they are spread over the changes of the jobs.
        if (_revoked < Versions && random.Next(10) == 0)
            return client.PatchAsync(ApiResources.ModelVersions, ns, $"version-{_revoked++}", Patch.Merge("""{"spec":{"revoked":true,"revokedReason":"chaos"}}"""), cancellationToken: cancellationToken);
        var suspend = random.Next(2) == 0 ? "true" : "false";
        return client.PatchAsync(ApiResources.TrainingJobs, ns, $"job-{random.Next(Jobs)}", Patch.Merge("""{"spec":{"suspend":VALUE}}""".Replace("VALUE", suspend)), cancellationToken: cancellationToken);
    }

    public async Task RevokeTheRestAsync(CancellationToken cancellationToken)
    {
        while (_revoked < Versions)
            await client.PatchAsync(ApiResources.ModelVersions, ns, $"version-{_revoked++}", Patch.Merge("""{"spec":{"revoked":true,"revokedReason":"chaos"}}"""), cancellationToken: cancellationToken);
    }

    /// <summary>What is not yet as the specs want it; empty when all is.</summary>
    public async Task<IReadOnlyList<string>> WrongAsync(CancellationToken cancellationToken)
    {
        var jobs = (await client.ListAsync(ApiResources.TrainingJobs, ns, null, cancellationToken)).Items;
        var versions = (await client.ListAsync(ApiResources.ModelVersions, ns, null, cancellationToken)).Items;
        var policies = (await client.ListAsync(ApiResources.CompliancePolicies, null, new ListOptions { LabelSelector = $"{Label}={ns}" }, cancellationToken)).Items;
        var running = jobs.Count(j => !j.Spec.Suspend);
        return
        [
            .. jobs.Where(j => j.Status?.ObservedGeneration != j.Metadata.Generation || j.Status?.Phase != (j.Spec.Suspend ? TrainingPhase.Suspended : TrainingPhase.Queued)).Select(j => $"{j.Metadata.Name} is {j.Status?.Phase}, suspend {j.Spec.Suspend}"),
            .. versions.Where(v => v.Status?.Phase != ModelVersionPhase.Revoked).Select(v => $"{v.Metadata.Name} is {v.Status?.Phase}"),
            .. policies.Where(p => p.Status?.Summary?.Fail != running).Select(p => $"{p.Metadata.Name} counts {p.Status?.Summary?.Fail} of {running}"),
        ];
    }

    public async Task<IReadOnlyList<TrainingJob>> JobsAsync(CancellationToken cancellationToken) => (await client.ListAsync(ApiResources.TrainingJobs, ns, null, cancellationToken)).Items;

    private TrainingJob Job(int i) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"job-{i}", Namespace = ns },
        Spec = new TrainingJobSpec
        {
            Framework = TrainingFramework.Plain,
            Suspend = true,
            Roles =
            [
                new TrainingRole
                {
                    Name = "worker",
                    Replicas = 1,
                    Template = new V1PodTemplateSpec
                    {
                        Spec = new V1PodSpec
                        {
                            Containers = [new V1Container { Name = "train", Image = Story.VolumePod.Tools, Resources = new V1ResourceRequirements { Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = "1000" } } }],
                        },
                    },
                },
            ],
        },
    };

    // A tag is refused, since it may move: there is no pod, and a revocation holds all the same.
    private ModelVersion Version(int i) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"version-{i}", Namespace = ns },
        Spec = new ModelVersionSpec { Model = "chaos", Version = $"1.0.{i}", Artifact = new ModelArtifact { Uri = $"oci://registry.invalid/model:{i}", Digest = $"sha256:{new string('a', 64)}" } },
    };

    private CompliancePolicy Policy(int i) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"{ns}-{i}", Labels = new Dictionary<string, string> { [Label] = ns } },
        Spec = new CompliancePolicySpec
        {
            NamespaceSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { [Label] = ns } },
            Rules = [new PolicyRule { Name = "suspended", Kinds = [PolicyKind.TrainingJob], Conditions = [new RuleCondition { Path = "spec.suspend", Operator = RuleOperator.Equals, Values = ["true"] }], Severity = Severity.Low, Message = "suspend it" }],
        },
    };
}
