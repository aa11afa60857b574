using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>A model that lies on a server, from there into service and out of it again.</summary>
[TestFixture, NonParallelizable]
public sealed class ModelVersionTests
{
    private const string Namespace = "modelversion-test", Policy = "modelversion-test", Password = "correct horse", Builder = "https://example.com/builders/trainer";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private Story.Cluster _cluster = null!;
    private Waiting _wait = null!;
    private DirectoryInfo _folder = null!;
    private ModelStore _store = null!;
    private string _digest = "";

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _cluster = Story.Cluster.Connect();
        _wait = new Waiting(_cluster.Client, TestContext.Progress.WriteLine);
        await _cluster.KubectlAsync(["delete", "compliancepolicy", Policy, "--ignore-not-found"], CancellationToken.None);
        await _cluster.KubectlAsync(["delete", "namespace", Namespace, "--ignore-not-found", "--wait"], CancellationToken.None);
        await ApplyAsync(new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = Namespace, ["labels"] = new JsonObject { ["test"] = Namespace } } });

        _folder = Directory.CreateTempSubdirectory("modelversion-");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var keyFile = Path.Combine(_folder.FullName, "cosign.key");
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        await OwnAsync("train", $"--data={_cluster.Root}/artifacts/native/data/penguins.json", "--label=Species", "--features=Beak Length (mm),Flipper Length (mm)", "--epochs=5",
            // Another model each time: an earlier run may have left its own in the cache of the node.
            $"--seed={Random.Shared.Next(1 << 24)}",
            $"--output={_folder.FullName}/store/penguins", $"--termination-log={_folder.FullName}/end");
        _digest = (string)JsonNode.Parse(await OwnAsync("sign", $"--artifact={_folder.FullName}/store/penguins", $"--key={keyFile}", $"--termination-log={_folder.FullName}/end"))!["digest"]!;
        if (await ModelStore.AddressForPodsAsync(_cluster, CancellationToken.None) is not { } address)
        {
            Assert.Ignore("the cluster runs on another machine, whose pods do not reach a server of this test");
            return;
        }
        _store = await ModelStore.StartAsync(Path.Combine(_folder.FullName, "store"), address, "reader", Password);
        await ApplyAsync(Manifests.Secret("signing-pub", "cosign.pub", key.ExportSubjectPublicKeyInfoPem()));
        await ApplyAsync(ConfigMap("attestations", "provenance.json", Provenance(_digest, Builder, key)));
        var credentials = Manifests.Secret("store", "password", Password);
        credentials["data"]!["username"] = Convert.ToBase64String("reader"u8);
        await ApplyAsync(credentials);
        await ApplyAsync(ConfigMap("store-ca", "ca.crt", _store.CertificatePem));
    }

    [OneTimeTearDown]
    public async Task CleanUp()
    {
        await _cluster.KubectlAsync(["delete", "compliancepolicy", Policy, "--ignore-not-found"], CancellationToken.None);
        await _cluster.KubectlAsync(["delete", "namespace", Namespace, "--wait=false"], CancellationToken.None);
        if (_store is not null)
            await _store.DisposeAsync();
        _folder?.Delete(recursive: true);
        _cluster.Dispose();
    }

    [Test]
    public async Task A_model_on_a_server_is_fetched_verified_described_and_served()
    {
        await Story.Cluster.AdmittedAsync(() => _cluster.Client.CreateAsync(ApiResources.ModelVersions, Version("penguins-1.0.0", _digest)), CancellationToken.None);
        var version = await PhaseAsync("penguins-1.0.0", ModelVersionPhase.Ready);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(version.Status!.Digest, Is.EqualTo(_digest));
            Assert.That(version.Status.Conditions.Single(c => c.Type == "SignatureVerified").Status, Is.EqualTo("True"));
            Assert.That(version.Status.Graph?.OperatorSets.Select(set => set.Domain), Has.Member("ai.onnx"));
            Assert.That(version.Status.Graph?.Operators, Is.Not.Empty);
            Assert.That(version.Status.Interface?.Inputs, Is.Not.Empty);
            Assert.That(version.Status.NextVerificationAt, Is.EqualTo(version.Status.VerifiedAt + TimeSpan.FromHours(24)));
        }

        await _cluster.Client.CreateAsync(ApiResources.InferenceServices, new InferenceService
        {
            Metadata = new V1ObjectMeta { Name = "penguins", Namespace = Namespace },
            Spec = new InferenceServiceSpec { ModelVersion = "penguins-1.0.0", Scaling = new ServiceScaling { MinReplicas = 1 }, Rollout = new RolloutPlan { RevocationDeadline = new Duration("5s") } },
        });
        var service = await ServiceAsync(s => s.Status?.Stable is { ReadyReplicas: > 0 });
        Assert.That(service.Status!.Conditions.Single(c => c.Type == "Verified").Status, Is.EqualTo("True"));
        Assert.That(Fetched, Is.EqualTo(HasCache ? 1 : 2), HasCache ? "what was fetched to be verified lies on the node" : "once to verify, once to serve");
    }

    [Test, DependsOnTest(nameof(A_model_on_a_server_is_fetched_verified_described_and_served))]
    public async Task A_second_pod_of_the_node_starts_without_fetching()
    {
        if (!HasCache)
            Assert.Ignore("the nodes of this cluster have no folder for fetched artifacts");
        var fetched = Fetched;
        await _cluster.Client.PatchAsync(ApiResources.InferenceServices, Namespace, "penguins", Patch.Merge("""{"spec":{"scaling":{"minReplicas":2}}}"""));
        await ServiceAsync(s => s.Status?.Stable is { ReadyReplicas: >= 2 });
        Assert.That(Fetched, Is.EqualTo(fetched));
        await _cluster.Client.PatchAsync(ApiResources.InferenceServices, Namespace, "penguins", Patch.Merge("""{"spec":{"scaling":{"minReplicas":1}}}"""));
    }

    [Test, DependsOnTest(nameof(A_second_pod_of_the_node_starts_without_fetching))]
    public async Task A_webhook_that_is_down_blocks_nobodys_pods_and_what_starts_is_verified_all_the_same()
    {
        await using var away = await OperatorAway.BeginAsync(_cluster, withAdmission: true);
        var refused = await Assert.ThrowsAsync<KubernetesException>(() => _cluster.Client.CreateAsync(ApiResources.ModelVersions, Version("penguins-0.9.0", _digest)));
        Assert.That(refused!.Message, Does.Contain("approvals.enterpriseai.io"), "only what nobody can check waits");

        await _cluster.KubectlAsync(["-n", Namespace, "run", "stranger", $"--image={VolumePod.Tools}", "--restart=Never", "--command", "--", "true"], CancellationToken.None);
        await _wait.UntilAsync(CoreResources.Pods, Namespace, "stranger", p => p.Status?.Phase == "Succeeded", p => $"stranger: {p.Status?.Phase}", Patience, CancellationToken.None);
        var former = await ServingAsync();
        foreach (var pod in former)
            await _cluster.Client.DeleteAsync(CoreResources.Pods, Namespace, pod.Metadata.Name!);
        using var patience = new CancellationTokenSource(Patience);
        IReadOnlyList<V1Pod> next;
        while (!(next = await ServingAsync()).Any(pod => former.All(f => f.Metadata.Uid != pod.Metadata.Uid) && pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) is true))
            await Task.Delay(TimeSpan.FromMilliseconds(500), patience.Token);
        Assert.That(next.SelectMany(pod => pod.Spec!.Containers![0].Args ?? []), Has.Member($"--digest={_digest}").And.Some.StartsWith("--public-key="));
    }

    [Test, DependsOnTest(nameof(A_webhook_that_is_down_blocks_nobodys_pods_and_what_starts_is_verified_all_the_same))]
    public async Task A_key_that_a_policy_distrusts_ends_the_service_at_its_deadline_and_no_pod_comes_up_again()
    {
        var version = await _cluster.Client.GetAsync(ApiResources.ModelVersions, Namespace, "penguins-1.0.0");
        await _cluster.Client.CreateAsync(ApiResources.CompliancePolicies, new CompliancePolicy
        {
            Metadata = new V1ObjectMeta { Name = Policy },
            Spec = new CompliancePolicySpec
            {
                NamespaceSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["test"] = Namespace } },
                Distrust = [new Distrust { KeyId = version.Status!.Signer!.KeyId, Reason = "the key was stolen" }],
            },
        });
        var distrusted = await PhaseAsync("penguins-1.0.0", ModelVersionPhase.Revoked);
        Assert.That(distrusted.Status!.Conditions.Single(c => c.Type == "Ready").Message, Does.Contain("the key was stolen"));

        var service = await ServiceAsync(s => s.Status is { Stable: null, Revoked: null });
        Assert.That(service.Status!.Conditions.Single(c => c.Type == "Ready").Message, Does.Contain("penguins-1.0.0"));
        Assert.That((await _cluster.Client.ListAsync(CoreResources.Deployments, Namespace)).Items, Is.Empty);

        // Whoever starts such a pod by other means than the operator: the notice is in the namespace.
        var notices = (await _cluster.Client.ListAsync(CoreResources.ConfigMaps, Namespace)).Items.Where(map => map.Metadata.Name!.EndsWith("-revoked", StringComparison.Ordinal));
        Assert.That(notices.Single().Data!["reason"], Does.Contain("the key was stolen"));
    }

    [Test, DependsOnTest(nameof(A_key_that_a_policy_distrusts_ends_the_service_at_its_deadline_and_no_pod_comes_up_again))]
    public async Task Trust_that_comes_back_brings_the_service_back()
    {
        await _cluster.KubectlAsync(["delete", "compliancepolicy", Policy], CancellationToken.None);
        await PhaseAsync("penguins-1.0.0", ModelVersionPhase.Ready);
        await ServiceAsync(s => s.Status?.Stable is { ReadyReplicas: > 0 });
    }

    [Test, DependsOnTest(nameof(Trust_that_comes_back_brings_the_service_back))]
    public async Task Another_digest_and_a_store_that_is_away_are_told_apart()
    {
        await Story.Cluster.AdmittedAsync(() => _cluster.Client.CreateAsync(ApiResources.ModelVersions, Version("penguins-2.0.0", "sha256:" + new string('0', 64))), CancellationToken.None);
        var other = await PhaseAsync("penguins-2.0.0", ModelVersionPhase.Failed);
        Assert.That(other.Status!.Conditions.Single(c => c.Type == "Ready").Reason, Is.EqualTo("DigestMismatch"), other.Status.Conditions.Single(c => c.Type == "Ready").Message);

        await Story.Cluster.AdmittedAsync(() => _cluster.Client.CreateAsync(ApiResources.ModelVersions, Version("penguins-3.0.0", "sha256:" + new string('1', 64)) is var v ? v with { Spec = v.Spec with { Artifact = v.Spec.Artifact with { SecretRef = null } } } : v), CancellationToken.None);
        var away = await PhaseAsync("penguins-3.0.0", ModelVersionPhase.Failed);
        var ready = away.Status!.Conditions.Single(c => c.Type == "Ready");
        Assert.That(ready.Message, Does.Contain("401"), ready.Reason);
        Assert.That(ready.Message, Does.Not.Contain(Password));
    }

    private async Task<IReadOnlyList<V1Pod>> ServingAsync() =>
        (await _cluster.Client.ListAsync(CoreResources.Pods, Namespace, new ListOptions { LabelSelector = "enterpriseai.io/inferenceservice=penguins" })).Items;

    /// <summary>How many pods had to have the model from the server.</summary>
    private int Fetched => _store.Served.Count(path => path.EndsWith("/model.onnx", StringComparison.Ordinal));

    /// <summary>Whether the installed operator was told of a folder on the nodes.</summary>
    private bool HasCache => File.Exists(Path.Combine(_cluster.Root, "artifacts/cluster/model-cache"));

    [Test, DependsOnTest(nameof(Another_digest_and_a_store_that_is_away_are_told_apart))]
    public async Task What_was_attested_of_a_model_is_verified_where_it_is_loaded_and_what_is_missing_is_named()
    {
        foreach (var version in (ModelVersion[])[Attested("penguins-4.0.0", "attestations", Builder), Attested("penguins-4.1.0", "attestations", Builder + "s"), Attested("penguins-4.2.0", "nowhere", Builder)])
            await Story.Cluster.AdmittedAsync(() => _cluster.Client.CreateAsync(ApiResources.ModelVersions, version), CancellationToken.None);
        var holds = (await PhaseAsync("penguins-4.0.0", ModelVersionPhase.Ready)).Status!;
        var stranger = (await PhaseAsync("penguins-4.1.0", ModelVersionPhase.Failed)).Status!.Attestations.Single();
        var missing = (await PhaseAsync("penguins-4.2.0", ModelVersionPhase.Failed)).Status!.Attestations.Single();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(holds.Attestations.Single().BuilderId, Is.EqualTo(Builder));
            Assert.That(holds.Conditions.Single(c => c.Type == "AttestationsVerified").Status, Is.EqualTo("True"));
            Assert.That(stranger.Step, Is.EqualTo("Builder"), stranger.Message);
            Assert.That(missing.Step, Is.EqualTo("BundleMissing"), missing.Message);
        }

        // It comes, with the label by which the operator sees that.
        var late = ConfigMap("nowhere", "provenance.json", (await _cluster.Client.GetAsync(CoreResources.ConfigMaps, Namespace, "attestations")).Data!["provenance.json"]);
        late["metadata"]!["labels"] = new JsonObject { ["enterpriseai.io/evidence"] = "true" };
        await ApplyAsync(late);
        await PhaseAsync("penguins-4.2.0", ModelVersionPhase.Ready);
    }

    private static JsonObject ConfigMap(string name, string key, string text) =>
        new() { ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["metadata"] = new JsonObject { ["name"] = name }, ["data"] = new JsonObject { [key] = text } };

    /// <summary>SLSA provenance of an artifact in a bundle, signed as DSSE says.</summary>
    private static string Provenance(string digest, string builder, ECDsa key)
    {
        const string type = "application/vnd.in-toto+json";
        var payload = Encoding.UTF8.GetBytes($$$"""
            {"_type":"https://in-toto.io/Statement/v1","subject":[{"name":"penguins","digest":{"sha256":"{{{digest["sha256:".Length..]}}}"}}],"predicateType":"https://slsa.dev/provenance/v1",
             "predicate":{"buildDefinition":{"buildType":"https://example.com/train","externalParameters":{},"resolvedDependencies":[]},"runDetails":{"builder":{"id":"{{{builder}}}" } } } }
            """);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"DSSEv1 {type.Length} {type} {payload.Length} "), .. payload];
        return new JsonObject
        {
            ["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json",
            ["verificationMaterial"] = new JsonObject { ["publicKey"] = new JsonObject { ["hint"] = "test" } },
            ["dsseEnvelope"] = new JsonObject
            {
                ["payload"] = Convert.ToBase64String(payload),
                ["payloadType"] = type,
                ["signatures"] = new JsonArray(new JsonObject { ["sig"] = Convert.ToBase64String(key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)) }),
            },
        }.ToJsonString();
    }

    private ModelVersion Attested(string name, string configMap, string builder)
    {
        var version = Version(name, _digest);
        return version with
        {
            Spec = version.Spec with
            {
                Attestations =
                [
                    new ModelAttestation
                    {
                        Name = "build",
                        Type = AttestationType.SlsaProvenance,
                        Bundle = new AttestationBundle { ConfigMapKeyRef = new ConfigMapKeyReference { Name = configMap, Key = "provenance.json" } },
                        SlsaProvenance = new ProvenanceRequirement { BuilderIds = [builder] },
                    },
                ],
            },
        };
    }

    private ModelVersion Version(string name, string digest) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = Namespace },
        Spec = new ModelVersionSpec
        {
            Model = "penguins",
            Version = name["penguins-".Length..],
            Artifact = new ModelArtifact
            {
                Uri = $"{_store.Address}/penguins/",
                Digest = digest,
                SecretRef = new SecretReference { Name = "store" },
                CaBundleRef = new ConfigMapKeyReference { Name = "store-ca", Key = "ca.crt" },
            },
            Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = "signing-pub", Key = "cosign.pub" } } },
            Approvals = new ModelApprovals { Required = 0 },
        },
    };

    private Task<ModelVersion> PhaseAsync(string name, ModelVersionPhase phase) => _wait.UntilAsync(ApiResources.ModelVersions, Namespace, name,
        v => v.Status?.Phase == phase, v => $"{name} {v.Status?.Phase}: {v.Status?.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Message}", Patience, CancellationToken.None);

    private Task<InferenceService> ServiceAsync(Func<InferenceService, bool> holds) => _wait.UntilAsync(ApiResources.InferenceServices, Namespace, "penguins",
        holds, s => $"{s.Status?.Phase}: {s.Status?.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Message}", Patience, CancellationToken.None);

    private static async Task<string> OwnAsync(params string[] arguments)
    {
        var (code, output) = await Shell.OwnAsync("agent", arguments, CancellationToken.None);
        return code == 0 ? output[output.IndexOf('{')..] : throw new StoryException($"agent {string.Join(' ', arguments)}: {output}");
    }

    private Task ApplyAsync(JsonObject manifest) => _cluster.KubectlAsync(["-n", Namespace, "apply", "-f", "-"], CancellationToken.None, manifest.ToJsonString());
}
