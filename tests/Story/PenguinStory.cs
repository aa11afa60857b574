using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Audit;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Story;

/// <summary>
/// The story of the samples, step by step: a model from data to production on a real cluster. The demo tells it, the
/// cluster tests hold each step to what it must come to. Every step can be taken again and changes nothing that is right.
/// </summary>
public sealed class PenguinStory(Cluster cluster, string ns, Action<string> progress)
{
    private const string LastVersion = "penguin-species-1.2.0";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly Waiting _wait = new(cluster.Client, progress);
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>The namespace, the signing key, the volumes, the data in the lake, and who may approve.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        progress("namespace, keys, volumes");
        var space = new JsonObject { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new JsonObject { ["name"] = ns, ["labels"] = new JsonObject { ["data"] = "research" } } };
        await ApplyAsync(space, cancellationToken);
        if (await cluster.Client.TryGetAsync(CoreResources.Secrets, ns, "model-signing", cancellationToken) is null)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            await ApplyAsync(Manifests.Secret("model-signing", "cosign.key", key.ExportPkcs8PrivateKeyPem()), cancellationToken);
            await ApplyAsync(Manifests.Secret("model-signing-pub", "cosign.pub", key.ExportSubjectPublicKeyInfoPem()), cancellationToken);
        }
        var data = await File.ReadAllTextAsync(Path.Combine(cluster.Root, "artifacts/native/data/penguins.json"), cancellationToken);
        await ApplyAsync(new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject { ["name"] = "penguins-data" },
            ["data"] = new JsonObject { ["penguins.json"] = data },
        }, cancellationToken, serverSide: true);
        await cluster.ApplySampleAsync(ns, "00-storage.yaml", cancellationToken);
        await cluster.ApplySampleAsync(ns, "04-approver.yaml", cancellationToken);
        // A Job's template cannot change: one that has done its work is left alone whatever the images are by now.
        if (await cluster.Client.TryGetAsync(CoreResources.Jobs, ns, "load-penguins", cancellationToken) is null)
            await cluster.ApplySampleAsync(ns, "01-load-data.yaml", cancellationToken);
        await _wait.UntilAsync(CoreResources.Jobs, ns, "load-penguins", j => j.Status?.Succeeded > 0, j => j.Status?.Failed > 0 ? $"the loading pod failed {j.Status.Failed} times" : "the data is being copied into the lake", Patience, cancellationToken);
    }

    /// <summary>Step 1: the data source is read and judged.</summary>
    public async Task<DataSource> ProfileAsync(CancellationToken cancellationToken)
    {
        await cluster.ApplySampleAsync(ns, "02-datasource.yaml", cancellationToken);
        return await _wait.UntilAsync(ApiResources.DataSources, ns, "penguins", s => s.Status?.Phase is DataSourcePhase.Ready or DataSourcePhase.Degraded, s => Describe(s.Status?.Phase, s.Status?.Conditions), Patience, cancellationToken);
    }

    /// <summary>Steps 2, 5 and 6: a training job runs until it has registered its model version, or failed.</summary>
    public async Task<TrainingJob> TrainAsync(string sample, string name, CancellationToken cancellationToken)
    {
        await cluster.ApplySampleAsync(ns, sample, cancellationToken);
        return await _wait.UntilAsync(ApiResources.TrainingJobs, ns, name, j => j.Status?.Phase is TrainingPhase.Succeeded or TrainingPhase.Failed,
            j => j.Status?.Phase == TrainingPhase.Running && j.Status.Progress is { } p ? $"training, {p.Percent:0} %, {string.Join(", ", p.Metrics.Select(m => $"{m.Key} {m.Value:0.###}"))}" : Describe(j.Status?.Phase, j.Status?.Conditions),
            Patience, cancellationToken);
    }

    /// <summary>Step 3: verified and past its gates, it waits for a person; alice approves it through kubectl.</summary>
    public async Task<ModelVersion> ApproveAsync(string name, CancellationToken cancellationToken)
    {
        var version = await _wait.UntilAsync(ApiResources.ModelVersions, ns, name, v => v.Status?.Phase is ModelVersionPhase.AwaitingApproval or ModelVersionPhase.Ready or ModelVersionPhase.Failed, v => Describe(v.Status?.Phase, v.Status?.Conditions), Patience, cancellationToken);
        if (version.Status!.Phase == ModelVersionPhase.AwaitingApproval)
        {
            progress("alice approves it: kubectl --as alice@example.com patch modelversion " + name);
            await cluster.KubectlAsync(["-n", ns, "--as", "alice@example.com", "patch", "modelversion", name, "--type=merge", "-p", """{"spec":{"approvals":{"granted":[{"comment":"figures and card reviewed"}]}}}"""], cancellationToken);
        }
        return await _wait.UntilAsync(ApiResources.ModelVersions, ns, name, v => v.Status?.Phase is ModelVersionPhase.Ready or ModelVersionPhase.Failed, v => Describe(v.Status?.Phase, v.Status?.Conditions), Patience, cancellationToken);
    }

    /// <summary>Step 4: served; the held-out penguins are sent through the gateway.</summary>
    public async Task<(InferenceService Service, double Accuracy)> ServeAsync(HeldOut heldOut, CancellationToken cancellationToken)
    {
        if (await cluster.Client.TryGetAsync(ApiResources.InferenceServices, ns, "penguin-species", cancellationToken) is null)
            await cluster.ApplySampleAsync(ns, "05-inferenceservice.yaml", cancellationToken);
        var service = await _wait.UntilAsync(ApiResources.InferenceServices, ns, "penguin-species", s => s.Status?.Stable is { ReadyReplicas: > 0 }, s => Describe(s.Status?.Phase, s.Status?.Conditions), Patience, cancellationToken);
        var client = await InferenceClientAsync("penguin-species", cancellationToken);
        await RoutedAsync(client, heldOut, cancellationToken);
        return (service, await client.AccuracyAsync(heldOut, cancellationToken));
    }

    /// <summary>Steps 5 and 6: a version is tried under live traffic until the operator has promoted it or rolled it back.</summary>
    public async Task<(InferenceService Service, IReadOnlyDictionary<string, (long Requests, long Errors)> Clients)> RollOutAsync(string sample, string modelVersion, HeldOut heldOut, CancellationToken cancellationToken)
    {
        var present = await cluster.Client.GetAsync(ApiResources.InferenceServices, ns, "penguin-species", cancellationToken);
        // Told before: a version that was rolled out or rejected is not tried again.
        if (present.Status is { Candidate: null } told && (told.LastRollout?.ModelVersion == modelVersion || told.Stable?.ModelVersion == LastVersion))
            return (present, new Dictionary<string, (long, long)>());
        await using var traffic = new LiveTraffic(await InferenceClientAsync("penguin-species", cancellationToken), heldOut);
        await cluster.ApplySampleAsync(ns, sample, cancellationToken);
        var service = await _wait.UntilAsync(ApiResources.InferenceServices, ns, "penguin-species",
            s => s.Status?.Candidate is null && s.Status?.LastRollout?.ModelVersion == modelVersion,
            s => s.Status?.Candidate is { } c ? $"{c.ModelVersion} at {c.Weight} %: {c.Requests} requests, {c.Errors} errors; {c.Reason}" : Describe(s.Status?.Phase, s.Status?.Conditions),
            Patience, cancellationToken);
        return (service, new Dictionary<string, (long, long)>(traffic.Counts));
    }

    /// <summary>Step 7: one byte of an artifact is changed after it was verified; the pod that would load it refuses.</summary>
    public async Task<InferenceService> TamperAsync(CancellationToken cancellationToken)
    {
        const string name = "penguin-species-1.2.0-tampered";
        if (await cluster.Client.TryGetAsync(ApiResources.InferenceServices, ns, "penguin-species-tampered", cancellationToken) is { } told && IsRefused(told))
            return told;
        if (await cluster.Client.TryGetAsync(ApiResources.ModelVersions, ns, name, cancellationToken) is null)
        {
            progress("copying version 1.2.0 to a place of its own");
            await RunToolAsync("copy-artifact", "cp -r /models/penguin-species/1.2.0 /models/tampered", cancellationToken);
            var original = await cluster.Client.GetAsync(ApiResources.ModelVersions, ns, "penguin-species-1.2.0", cancellationToken);
            await Cluster.AdmittedAsync(() => cluster.Client.CreateAsync(ApiResources.ModelVersions, new ModelVersion
            {
                Metadata = new V1ObjectMeta { Name = name, Namespace = ns },
                Spec = original.Spec with
                {
                    Version = "1.2.0-tampered",
                    Artifact = original.Spec.Artifact with { Uri = "pvc://models/tampered" },
                    Approvals = new ModelApprovals { Required = 1 },
                },
            }, cancellationToken: cancellationToken), cancellationToken);
        }
        if ((await ApproveAsync(name, cancellationToken)).Status!.Phase != ModelVersionPhase.Ready)
            throw new StoryException($"{name} should be ready before it is tampered with");
        progress("flipping one byte of model.onnx on the volume");
        await RunToolAsync("tamper", "printf X | dd of=/models/tampered/model.onnx bs=1 seek=200 conv=notrunc", cancellationToken);
        await cluster.ApplySampleAsync(ns, "10-tampered.yaml", cancellationToken);
        return await _wait.UntilAsync(ApiResources.InferenceServices, ns, "penguin-species-tampered",
            IsRefused, s => Describe(s.Status?.Phase, s.Status?.Conditions), Patience, cancellationToken);
    }

    /// <summary>The version that serves is revoked under live traffic; the one before takes its place.</summary>
    public async Task<(InferenceService Service, IReadOnlyDictionary<string, (long Requests, long Errors)> Clients)> RevokeAsync(string name, HeldOut heldOut, CancellationToken cancellationToken)
    {
        await using var traffic = new LiveTraffic(await InferenceClientAsync("penguin-species", cancellationToken), heldOut);
        await cluster.KubectlAsync(["-n", ns, "patch", "modelversion", name, "--type=merge", "-p", """{"spec":{"revoked":true,"revokedReason":"trained on mislabelled rows"}}"""], cancellationToken);
        var service = await _wait.UntilAsync(ApiResources.InferenceServices, ns, "penguin-species",
            s => s.Status is { Revoked: null, Stable: { } stable } && stable.ModelVersion != name, s => Describe(s.Status?.Phase, s.Status?.Conditions), Patience, cancellationToken);
        return (service, new Dictionary<string, (long, long)>(traffic.Counts));
    }

    /// <summary>Step 8: the policy judges everything in the namespace.</summary>
    public async Task<CompliancePolicy> JudgeAsync(CancellationToken cancellationToken)
    {
        await cluster.ApplySampleAsync(ns, "11-compliancepolicy.yaml", cancellationToken);
        return await _wait.UntilAsync(ApiResources.CompliancePolicies, null, "research-baseline", p => p.Status?.Score is not null, p => Describe(p.Status?.Phase, p.Status?.Conditions), Patience, cancellationToken);
    }

    /// <summary>Step 9: the audit log's entries of this namespace, in order.</summary>
    public async Task<IReadOnlyList<AuditEntry>> AuditAsync(CancellationToken cancellationToken)
    {
        var log = await AuditLogAsync(cancellationToken);
        var entries = new List<AuditEntry>();
        await foreach (var entry in log.ReadAsync(new AuditQuery { Namespace = ns }, cancellationToken))
            entries.Add(entry);
        return entries;
    }

    /// <summary>Step 9: a copy is verified offline against a checkpoint; then a byte of the copy is flipped, and found.</summary>
    public async Task<(string Verified, string Found)> VerifyAuditAsync(CancellationToken cancellationToken)
    {
        var log = await AuditLogAsync(cancellationToken);
        var folder = Directory.CreateTempSubdirectory("audit-copy-").FullName;
        try
        {
            var key = Path.Combine(folder, "log.key");
            var checkpoint = Path.Combine(folder, "earlier-checkpoint");
            await File.WriteAllTextAsync(key, (await log.GetKeyAsync(cancellationToken)).ToString(), cancellationToken);
            await File.WriteAllBytesAsync(checkpoint, await log.GetCheckpointAsync(cancellationToken), cancellationToken);
            var copy = Path.Combine(folder, "copy");
            await AuditExport.DownloadAsync(log, copy, cancellationToken);
            string[] verify = ["audit", "verify", $"--directory={copy}", $"--key={key}", $"--checkpoint={checkpoint}"];
            var (code, verified) = await Shell.OwnAsync("kubectl-enterpriseai", verify, cancellationToken);
            if (code != 0)
                throw new StoryException($"the audit log does not verify: {verified}");

            var bundle = Directory.EnumerateFiles(Path.Combine(copy, "tile", "entries"), "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
            var bytes = await File.ReadAllBytesAsync(bundle, cancellationToken);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(bundle, bytes, cancellationToken);
            (code, var found) = await Shell.OwnAsync("kubectl-enterpriseai", verify, cancellationToken);
            return code != 0 ? (verified.Trim(), found.Trim().Split('\n')[0]) : throw new StoryException("a flipped byte in a copy of the audit log was not found");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static bool IsRefused(InferenceService service) => service.Status?.Conditions.Any(c => c is { Type: "Verified", Status: "False" }) is true;

    private async Task<AuditLogClient> AuditLogAsync(CancellationToken cancellationToken) =>
        new(new HttpClient { BaseAddress = await cluster.ReachAsync("enterpriseai-audit-log", 8080, cancellationToken) });

    private async Task<InferenceClient> InferenceClientAsync(string model, CancellationToken cancellationToken) =>
        new(_http, await cluster.ReachAsync("enterpriseai-gateway", 80, cancellationToken), ns, model);

    /// <summary>The gateways learn of a ready pod by their own watch: a moment after the status says so.</summary>
    private static async Task RoutedAsync(InferenceClient client, HeldOut heldOut, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while ((await client.InferAsync([heldOut.Rows[0]], patience.Token)).Status != 200)
            await Task.Delay(TimeSpan.FromMilliseconds(200), patience.Token);
    }

    private Task RunToolAsync(string name, string command, CancellationToken cancellationToken) =>
        VolumePod.RunAsync(cluster, _wait, ns, name, VolumePod.Tools, ["/bin/sh", "-c", command], null, cancellationToken);

    private Task ApplyAsync(JsonObject manifest, CancellationToken cancellationToken, bool serverSide = false) =>
        cluster.KubectlAsync(["-n", ns, "apply", .. serverSide ? (string[])["--server-side", "--force-conflicts"] : [], "-f", "-"], cancellationToken, manifest.ToJsonString());

    private static string Describe(object? phase, IReadOnlyList<V1Condition>? conditions) =>
        string.Create(CultureInfo.InvariantCulture, $"{phase?.ToString() ?? "new"}: {conditions?.FirstOrDefault(c => c.Type == "Ready")?.Message ?? "the operator has not looked at it yet"}");
}
