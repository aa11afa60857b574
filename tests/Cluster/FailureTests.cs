using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>Bad input and scarce GPUs on a real cluster: each says what is wrong, and nothing else is held up.</summary>
[TestFixture, NonParallelizable]
public sealed class FailureTests
{
    private const string Namespace = "failure-test";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private Story.Cluster _cluster = null!;
    private Waiting _wait = null!;

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _cluster = Story.Cluster.Connect();
        _wait = new Waiting(_cluster.Client, TestContext.Progress.WriteLine);
        await _cluster.KubectlAsync(["delete", "namespace", Namespace, "--ignore-not-found", "--wait"], CancellationToken.None);
        await _cluster.KubectlAsync(["create", "namespace", Namespace], CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        await _cluster.KubectlAsync(["delete", "namespace", Namespace, "--wait=false"], CancellationToken.None);
        _cluster.Dispose();
    }

    [Test]
    public async Task A_missing_volume_is_named()
    {
        await CreateAsync(ApiResources.DataSources, new DataSource
        {
            Metadata = Named("no-volume"),
            Spec = new DataSourceSpec { Source = new DataLocation { PersistentVolumeClaim = new ClaimLocation { ClaimName = "nowhere", Path = "data.json" } } },
        });
        var source = await _wait.UntilAsync(ApiResources.DataSources, Namespace, "no-volume", s => Reason(s.Status?.Conditions, "Reachable") == "VolumeNotAvailable", s => Reason(s.Status?.Conditions, "Ready"), Patience, CancellationToken.None);
        Assert.That(source.Status!.Conditions.First(c => c.Type == "Reachable").Message, Does.Contain("nowhere"));
    }

    [Test]
    public async Task A_wrong_field_is_refused_by_name()
    {
        var (code, output) = await Shell.TryAsync("kubectl", ["--kubeconfig", _cluster.Kubeconfig, "-n", Namespace, "apply", "--validate=false", "-f", "-"], """
            {"apiVersion":"enterpriseai.io/v1alpha1","kind":"InferenceService","metadata":{"name":"wrong"},"spec":{"modelVersion":"m","rollout":{"strategy":"Sideways"}}}
            """);
        Assert.That(code, Is.Not.Zero, output);
        Assert.That(output, Does.Contain("spec.rollout.strategy").And.Contain("Canary"));
    }

    [Test]
    public async Task An_artifact_that_is_not_ONNX_or_is_signed_by_another_key_is_refused_by_name()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ApplyAsync(Manifests.Secret("signing", "cosign.key", key.ExportPkcs8PrivateKeyPem()));
        await ApplyAsync(Manifests.Secret("signing-pub", "cosign.pub", key.ExportSubjectPublicKeyInfoPem()));
        await ApplyAsync(Manifests.Secret("other-pub", "cosign.pub", other.ExportSubjectPublicKeyInfoPem()));
        await _cluster.ApplySampleAsync(Namespace, "00-storage.yaml", CancellationToken.None);
        await VolumePod.RunAsync(_cluster, _wait, Namespace, "write", VolumePod.Tools, ["/bin/sh", "-c", "mkdir -p /models/text && echo 'this is no model' > /models/text/model.onnx"], null, CancellationToken.None);
        var signed = JsonNode.Parse((await VolumePod.RunAsync(_cluster, _wait, Namespace, "sign", $"docker.io/enterpriseai/enterpriseai:{_cluster.ImageTag}", ["/app/agent", "sign", "--artifact=/models/text", "--key=/secret/cosign.key"], "signing", CancellationToken.None))!)!;
        foreach (var (name, secret) in ((string, string)[])[("not-onnx", "signing-pub"), ("other-key", "other-pub")])
        {
            await Story.Cluster.AdmittedAsync(() => CreateAsync(ApiResources.ModelVersions, new ModelVersion
            {
                Metadata = Named(name),
                Spec = new ModelVersionSpec
                {
                    Model = "text",
                    Version = "1.0.0",
                    Artifact = new ModelArtifact { Uri = "pvc://models/text", Digest = (string)signed["digest"]! },
                    Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = secret, Key = "cosign.pub" } } },
                },
            }), CancellationToken.None);
        }

        var notOnnx = await Failed("not-onnx");
        var otherKey = await Failed("other-key");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(notOnnx.Reason, Is.EqualTo("NotOnnx"), notOnnx.Message);
            Assert.That(notOnnx.Message, Does.Contain("model.onnx"));
            Assert.That(otherKey.Reason, Is.EqualTo("WrongKey"), otherKey.Message);
            Assert.That(otherKey.Message, Does.Contain("model.sig").And.Contain("not by the expected key"));
        }

        async Task<V1Condition> Failed(string name) => (await _wait.UntilAsync(ApiResources.ModelVersions, Namespace, name, v => v.Status?.Phase == ModelVersionPhase.Failed, v => $"{name} {v.Status?.Phase}: {Reason(v.Status?.Conditions, "Ready")}", Patience, CancellationToken.None))
            .Status!.Conditions.First(c => c.Type == "Ready");
    }

    [Test]
    public async Task A_training_container_that_exits_1_fails_the_job_and_says_so()
    {
        await CreateAsync(ApiResources.TrainingJobs, Job("exits-1", "exit 1", gpus: 0));
        var job = await _wait.UntilAsync(ApiResources.TrainingJobs, Namespace, "exits-1", j => j.Status?.Phase == TrainingPhase.Failed, j => Reason(j.Status?.Conditions, "Ready"), Patience, CancellationToken.None);
        Assert.That(job.Status!.Conditions.First(c => c.Type == "Ready").Message, Does.Contain("exit code 1 is permanent"));
    }

    [Test]
    public async Task Two_jobs_of_six_GPUs_on_a_node_of_eight_run_one_after_the_other_and_never_half_of_each()
    {
        await SetGpusAsync("8");
        try
        {
            foreach (var name in (string[])["gang-a", "gang-b"])
                await CreateAsync(ApiResources.TrainingJobs, Job(name, "sleep 6", gpus: 1, replicas: 6));
            // Most pods at once, and most of the earlier gang while the later had any: of 6 on 8 GPUs, 4 must have ended before another 6 fit.
            var (most, overlap) = (0, 0);
            string? earlier = null;
            using var watching = new CancellationTokenSource();
            var pods = Task.Run(async () =>
            {
                var running = new HashSet<string>();
                try
                {
                    await foreach (var change in _cluster.Client.WatchAsync(CoreResources.Pods, Namespace, cancellationToken: watching.Token))
                    {
                        if (change.Object is not { } pod || !pod.Metadata.Name!.StartsWith("gang-", StringComparison.Ordinal))
                            continue;
                        if (change.Type != WatchEventType.Deleted && pod.Status?.Phase is "Pending" or "Running")
                            running.Add(pod.Metadata.Name!);
                        else
                            running.Remove(pod.Metadata.Name!);
                        most = Math.Max(most, running.Count);
                        earlier ??= pod.Metadata.Name![.."gang-a".Length];
                        var held = running.Count(name => name.StartsWith(earlier, StringComparison.Ordinal));
                        if (running.Count > held)
                            overlap = Math.Max(overlap, held);
                    }
                }
                catch (OperationCanceledException) { }
            });
            TrainingJob[] done =
            [
                await Finished("gang-a"),
                await Finished("gang-b"),
            ];
            await watching.CancelAsync();
            await pods;
            var ordered = done.OrderBy(j => j.Status!.Attempts[0].StartedAt).ToList();
            using (Assert.EnterMultipleScope())
            {
                Assert.That(done.Select(j => j.Status!.Phase), Is.All.EqualTo(TrainingPhase.Succeeded));
                Assert.That(ordered[1].Status!.Attempts[0].StartedAt, Is.GreaterThan(ordered[0].Status!.Attempts[0].StartedAt!), "both gangs began at once");
                Assert.That(most, Is.InRange(6, 8), "pods at once, on 8 GPUs");
                Assert.That(overlap, Is.LessThanOrEqualTo(2), "the second gang began while more than 2 of the first still held their GPUs, so not all of its 6 had a place");
                Assert.That(done.Sum(j => j.Status!.GpuSeconds), Is.GreaterThan(60));
            }
        }
        finally
        {
            await SetGpusAsync("0");
        }

        Task<TrainingJob> Finished(string name) => _wait.UntilAsync(ApiResources.TrainingJobs, Namespace, name, j => j.Status?.CompletionTime is not null, j => $"{name} {j.Status?.Phase}: {Reason(j.Status?.Conditions, "Ready")}", Patience, CancellationToken.None);
    }

    private async Task SetGpusAsync(string count)
    {
        var node = (await _cluster.Client.ListAsync(CoreResources.Nodes)).Items[0].Metadata.Name!;
        var gpus = new JsonObject { ["nvidia.com/gpu"] = count };
        var patch = new JsonObject { ["status"] = new JsonObject { ["capacity"] = gpus, ["allocatable"] = gpus.DeepClone() } };
        await _cluster.Client.PatchAsync(CoreResources.Nodes, null, node, Patch.Merge(patch.ToJsonString()), "status");
    }

    private Task<T> CreateAsync<T>(ResourceType<T> type, T resource) where T : class, IKubernetesObject => _cluster.Client.CreateAsync(type, resource);

    private Task ApplyAsync(JsonObject manifest) => _cluster.KubectlAsync(["-n", Namespace, "apply", "-f", "-"], CancellationToken.None, manifest.ToJsonString());

    private static V1ObjectMeta Named(string name) => new() { Name = name, Namespace = Namespace };

    private static TrainingJob Job(string name, string command, int gpus, int replicas = 1) => new()
    {
        Metadata = Named(name),
        Spec = new TrainingJobSpec
        {
            Framework = TrainingFramework.Plain,
            Roles =
            [
                new TrainingRole
                {
                    Name = "worker",
                    Replicas = replicas,
                    Template = new V1PodTemplateSpec
                    {
                        Spec = new V1PodSpec
                        {
                            TerminationGracePeriodSeconds = 0,
                            Containers =
                            [
                                new V1Container
                                {
                                    Name = "train", Image = VolumePod.Tools, Command = ["/bin/sh", "-c", command],
                                    Resources = gpus == 0 ? null : new V1ResourceRequirements { Limits = new Dictionary<string, string> { ["nvidia.com/gpu"] = $"{gpus}" } },
                                },
                            ],
                        },
                    },
                },
            ],
        },
    };

    private static string Reason(IReadOnlyList<V1Condition>? conditions, string type) => conditions?.FirstOrDefault(c => c.Type == type)?.Reason ?? "none";
}
