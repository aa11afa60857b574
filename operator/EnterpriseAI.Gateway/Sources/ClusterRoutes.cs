using System.Threading.Channels;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Gateway.Sources;

/// <summary>Keeps the table in line with the InferenceServices and the ready model servers of a cluster.</summary>
/// <remarks>
/// <b>Guarantees:</b> while the API server is away the last table stays. <b>Caveats:</b> a change is seen as fast as the watch delivers it.
/// </remarks>
internal sealed partial class ClusterRoutes(
    Informer<InferenceService> services, Informer<V1Pod> pods, Router router, ILogger<ClusterRoutes> logger) : BackgroundService
{
    // One pending signal stands for any number of changes.
    private readonly Channel<bool> _changed = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Adds the client, the two informers and the source itself.</summary>
    /// <exception cref="KubeconfigException">The configuration is missing or wrong.</exception>
    public static void AddTo(IServiceCollection services, string? kubeconfig)
    {
        var configuration = kubeconfig is null
            ? KubernetesClientConfiguration.InClusterConfig()
            : KubernetesClientConfiguration.FromKubeconfig(kubeconfig);
        services.AddSingleton(_ => new KubernetesClient(configuration));
        services.AddSingleton(provider => new Informer<InferenceService>(
            provider.GetRequiredService<KubernetesClient>(), ApiResources.InferenceServices,
            logger: provider.GetRequiredService<ILogger<Informer<InferenceService>>>()));
        services.AddSingleton(provider => new Informer<V1Pod>(
            provider.GetRequiredService<KubernetesClient>(), CoreResources.Pods,
            new InformerOptions<V1Pod> { LabelSelector = ClusterTable.ServiceLabel, Transform = WhatIsRead },
            provider.GetRequiredService<ILogger<Informer<V1Pod>>>()));
        services.AddSingleton<IInformer>(provider => provider.GetRequiredService<Informer<InferenceService>>());
        services.AddSingleton<IInformer>(provider => provider.GetRequiredService<Informer<V1Pod>>());
        services.AddHostedService<ClusterRoutes>();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        services.AddHandler(_ => _changed.Writer.TryWrite(true));
        pods.AddHandler(_ => _changed.Writer.TryWrite(true));
        var watching = Task.WhenAll(services.RunAsync(stoppingToken), pods.RunAsync(stoppingToken));
        try
        {
            // A table of services without their pods would refuse every request.
            await services.WaitForSyncAsync(stoppingToken).ConfigureAwait(false);
            await pods.WaitForSyncAsync(stoppingToken).ConfigureAwait(false);
            while (true)
            {
                Rebuild();
                await _changed.Reader.ReadAsync(stoppingToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await watching.ConfigureAwait(false);
        }
    }

    private void Rebuild()
    {
        var first = !router.IsLoaded;
        var table = ClusterTable.Build(services.List(), pods.List());
        router.Apply(table);
        if (first) LogLoaded(table.Services.Length);
    }

    // A pod is large, and the gateway may hold thousands: only what the table is built from is kept.
    private static V1Pod WhatIsRead(V1Pod pod) => pod with
    {
        Metadata = pod.Metadata with { Annotations = null, OwnerReferences = null },
        Spec = null,
        Status = new V1PodStatus
        {
            PodIP = pod.Status?.PodIP,
            Conditions = pod.Status?.Conditions?.Where(condition => condition.Type == "Ready").ToList(),
        },
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "the first routing table is loaded: {Services} services")]
    private partial void LogLoaded(int services);
}
