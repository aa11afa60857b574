using System.Diagnostics;
using System.Security.Cryptography;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.ModelServer.Tests;
using EnterpriseAI.Story;

namespace EnterpriseAI.Benchmarks.SupplyChain;

/// <summary>
/// A serving pod's start, from its creation until it is ready: with a cold cache of the node, when it fetches the model by HTTPS, and with
/// a warm one, when the model lies there and is only verified. The pods are those of an <c>InferenceService</c> of the installed operator.
/// </summary>
/// <remarks>Caveat: the server is on this machine, at the speed of memory. Over a network the cold start is longer and the gain larger.</remarks>
internal static class WarmStartBenchmark
{
    private const string Namespace = "enterpriseai-bench-cache", Service = "wide", Version = "wide-1", User = "bench", Password = "bench";
    private const int Width = 2048, Layers = 8, Warmups = 1, Rounds = 5;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static async Task<IReadOnlyList<Figure>> RunAsync(string folder)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(15));
        var token = limit.Token;
        using var cluster = Cluster.Connect();
        var cacheFile = Path.Combine(cluster.Root, "artifacts/cluster/model-cache");
        if (!File.Exists(cacheFile) || await ModelStore.AddressForPodsAsync(cluster, token) is not { } address)
            throw new StoryException("warm_start_vs_cold needs a cluster of this checkout on this machine (ENTERPRISEAI_CLUSTER=debian): the cache of its node is emptied between rounds");

        var cache = Path.Combine((await File.ReadAllTextAsync(cacheFile, token)).Trim(), Namespace);
        var wait = new Waiting(cluster.Client, static text => Console.WriteLine($"  {text}"));
        var models = Directory.CreateDirectory(Path.Combine(folder, "store")).FullName;
        try
        {
            var model = OnnxModels.Wide(Width, Layers);
            await File.WriteAllBytesAsync(Path.Combine(models, "model.onnx"), model, token);
            await using var store = await ModelStore.StartAsync(models, address, User, Password);
            await CreateAsync(cluster, store, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(model)), wait, token);

            var (cold, warm) = (new List<double>(), new List<double>());
            for (var round = -Warmups; round < Rounds; round++)
            {
                // The pod that goes has the files mapped no longer than it lives; the next one finds the folder empty.
                Empty(cache);
                var coldly = await RestartAsync(cluster, store, isFetched: true, token);
                var warmly = await RestartAsync(cluster, store, isFetched: false, token);
                Console.WriteLine($"  start of {model.Length >> 20} MiB: cold {coldly:0} ms, warm {warmly:0} ms");
                if (round < 0)
                    continue;
                cold.Add(coldly);
                warm.Add(warmly);
            }
            return [Figure.Of("warm_start_vs_cold", warm, "ms", cold), Figure.Of("cold_start", cold, "ms")];
        }
        finally
        {
            Directory.Delete(models, recursive: true);
            await cluster.KubectlAsync(["delete", "namespace", Namespace, "--ignore-not-found", "--wait=false"], CancellationToken.None);
            Empty(cache);
        }
    }

    private static async Task CreateAsync(Cluster cluster, ModelStore store, string digest, Waiting wait, CancellationToken cancellationToken)
    {
        await cluster.KubectlAsync(["delete", "namespace", Namespace, "--ignore-not-found", "--wait"], cancellationToken);
        await cluster.KubectlAsync(["create", "namespace", Namespace], cancellationToken);
        await cluster.KubectlAsync(["-n", Namespace, "create", "secret", "generic", "store", $"--from-literal=username={User}", $"--from-literal=password={Password}"], cancellationToken);
        await cluster.KubectlAsync(["-n", Namespace, "create", "configmap", "store-ca", $"--from-literal=ca.crt={store.CertificatePem}"], cancellationToken);
        await Cluster.AdmittedAsync(() => cluster.Client.CreateAsync(ApiResources.ModelVersions, new ModelVersion
        {
            Metadata = new V1ObjectMeta { Name = Version, Namespace = Namespace },
            Spec = new ModelVersionSpec
            {
                Model = Service,
                Version = "1.0.0",
                Artifact = new ModelArtifact
                {
                    Uri = $"{store.Address}/model.onnx",
                    Digest = digest,
                    SecretRef = new SecretReference { Name = "store" },
                    CaBundleRef = new ConfigMapKeyReference { Name = "store-ca", Key = "ca.crt" },
                },
                Approvals = new ModelApprovals { Required = 0 },
            },
        }, cancellationToken: cancellationToken), cancellationToken);
        await wait.UntilAsync(ApiResources.ModelVersions, Namespace, Version, v => v.Status?.Phase == ModelVersionPhase.Ready, v => $"{Version}: {v.Status?.Phase}", Patience, cancellationToken);
        await cluster.Client.CreateAsync(ApiResources.InferenceServices, new InferenceService
        {
            Metadata = new V1ObjectMeta { Name = Service, Namespace = Namespace },
            Spec = new InferenceServiceSpec { ModelVersion = Version, Scaling = new ServiceScaling { MinReplicas = 1 } },
        }, cancellationToken: cancellationToken);
        await wait.UntilAsync(ApiResources.InferenceServices, Namespace, Service, s => s.Status?.Stable is { ReadyReplicas: > 0 }, s => $"{Service}: {s.Status?.Phase}", Patience, cancellationToken);
    }

    /// <summary>Ends the serving pod and waits for the next.</summary>
    /// <returns>Milliseconds from the next one's creation until it was ready, both as a watch tells them.</returns>
    private static async Task<double> RestartAsync(Cluster cluster, ModelStore store, bool isFetched, CancellationToken cancellationToken)
    {
        const string label = "enterpriseai.io/inferenceservice=" + Service;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        var list = await cluster.Client.ListAsync(CoreResources.Pods, Namespace, new ListOptions { LabelSelector = label }, limit.Token);
        var former = list.Items.Select(pod => pod.Metadata.Name).ToHashSet();
        var served = store.Served.Count;
        foreach (var pod in list.Items)
            await cluster.Client.DeleteAsync(CoreResources.Pods, Namespace, pod.Metadata.Name!, new DeleteOptions { GracePeriod = TimeSpan.Zero }, limit.Token);

        long? created = null;
        await foreach (var change in cluster.Client.WatchAsync(CoreResources.Pods, Namespace, new WatchOptions { LabelSelector = label, ResourceVersion = list.Metadata.ResourceVersion }, limit.Token))
        {
            if (change.Object is not { } pod || former.Contains(pod.Metadata.Name))
                continue;
            created ??= Stopwatch.GetTimestamp();
            if (pod.Status?.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) is not true)
                continue;
            var took = Stopwatch.GetElapsedTime(created.Value).TotalMilliseconds;
            if (store.Served.Count > served != isFetched)
                throw new StoryException($"the pod {pod.Metadata.Name} was to {(isFetched ? "fetch the model" : "find the model in the node's cache")} and did not: no figure");
            return took;
        }
        throw new StoryException("the watch of the pods ended");
    }

    private static void Empty(string cache)
    {
        if (!Directory.Exists(cache))
            return;
        foreach (var entry in Directory.EnumerateDirectories(cache))
            Directory.Delete(entry, recursive: true);
    }
}
