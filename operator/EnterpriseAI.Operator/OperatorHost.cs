using System.Net;
using EnterpriseAI.Audit;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Admission;
using EnterpriseAI.Operator.CompliancePolicies;
using EnterpriseAI.Operator.DataSources;
using EnterpriseAI.Operator.InferenceServices;
using EnterpriseAI.Operator.ModelVersions;
using EnterpriseAI.Operator.Reconciliation;
using EnterpriseAI.Operator.TrainingJobs;
using EnterpriseAI.Operator.TrainingJobs.Gang;
using EnterpriseAI.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace EnterpriseAI.Operator;

/// <summary>Puts the operator together: caches, the five controllers, the lease, the webhook, health and metrics.</summary>
public static class OperatorHost
{
    /// <summary>How long little must have been done for the process to be taken to rest.</summary>
    private static readonly TimeSpan RestAfter = TimeSpan.FromSeconds(20);

    /// <summary>Little: the share of one processor.</summary>
    private const double RestingShare = 0.05;

    /// <summary>Bytes that must have been allocated since the last time.</summary>
    private const long WorthCollecting = 16 << 20;

    /// <summary>Runs until cancelled; ends the process when a part of it fails.</summary>
    public static async Task RunAsync(OperatorOptions options, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration[TelemetryExtensions.LogLevelKey] = options.LogLevel;
        builder.AddTelemetry("enterpriseai-operator", new ExportedMeter(KubernetesMetrics.MeterName), new ExportedMeter(ControllerMetrics.MeterName),
            new ExportedMeter(ModelVersionMetrics.MeterName, ExportedMeter.PerObject));

        var time = TimeProvider.System;
        var connection = options.Kubeconfig is { } file ? KubernetesClientConfiguration.FromKubeconfig(file) : KubernetesClientConfiguration.Default();
        using var client = new KubernetesClient(connection with { RequestsPerSecond = options.RequestsPerSecond > 0 ? options.RequestsPerSecond : null });
        CertificateKeeper? certificates = null;
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = AdmissionWebhook.MaximumRequestBytes;
            kestrel.Listen(Address(options.Http, "--http"));
            if (options.Webhook is { } webhook)
                kestrel.Listen(Address(webhook, "--webhook"), listen => listen.UseHttps(new HttpsConnectionAdapterOptions { ServerCertificateSelector = (_, _) => certificates!.Current }));
        });

        await using var app = builder.Build();
        var loggers = app.Services.GetRequiredService<ILoggerFactory>();
        var elector = new LeaderElector(
            client,
            new LeaderElectionOptions { Namespace = options.Namespace, Name = "enterpriseai-operator", Identity = options.Identity, LeaseDuration = options.LeaseDuration, RenewDeadline = options.RenewDeadline, RetryPeriod = options.RetryPeriod },
            loggers.CreateLogger<LeaderElector>());
        // Whatever writes for a controller does so only while this process leads.
        var writer = client.WithWriteGuard(elector.GuardAsync);
        var events = new EventRecorder(writer, "enterpriseai.io/operator", options.Identity, loggers.CreateLogger<EventRecorder>());
        using var auditHttp = new HttpClient { BaseAddress = options.AuditUrl };
        using var gatewayHttp = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1) });
        var identity = new OperatorIdentity($"system:serviceaccount:{options.Namespace}:{options.ServiceAccount}");
        var applier = new PlanApplier(
            writer, new AuditLogClient(auditHttp, options.AuditTokenFile), events, identity, time);
        var caches = new Caches(client, loggers);
        using var versions = new ModelVersionMetrics(caches.ModelVersions);
        var gateways = new GatewayObserver(caches.Pods, options.Namespace, gatewayHttp, time, loggers.CreateLogger<GatewayObserver>());

        var host = new ControllerHost(loggers.CreateLogger<ControllerHost>())
            .Add(new DataSourceController(caches, applier, options, time).Build(loggers))
            .Add(new TrainingJobController(caches, client, applier, new AdmissionLedger(), options, time).Build(loggers))
            .Add(new ModelVersionController(caches, applier, options, time).Build(loggers))
            .Add(new InferenceServiceController(caches, gateways, applier, options, time).Build(loggers))
            .Add(new CompliancePolicyController(caches, applier, time).Build(loggers))
            .Add("gateway observer", gateways.RunAsync)
            .Add("events", events.RunAsync, onlyAsLeader: true)
            .WithLeaderElection(elector);
        foreach (var informer in caches.All)
            host.Add(informer);
        host.Add("rest", token => GiveBackAsync(caches, time, token));

        if (options.Webhook is not null)
        {
            certificates = new CertificateKeeper(client, options.Namespace, options.WebhookService, options.WebhookConfiguration, time, loggers.CreateLogger<CertificateKeeper>());
            host.Add("webhook certificate", certificates.RunAsync).AddReadyCheck("webhook", () => certificates.NotReady);
            new AdmissionWebhook(client, identity, time, loggers.CreateLogger<AdmissionWebhook>()).Map(app);
        }

        app.MapTelemetry();
        app.MapHealth(() => host.IsLive(out var reason) ? null : reason, () => host.IsReady(out var reason) ? null : reason);

        await app.StartAsync(cancellationToken);
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        try
        {
            await host.RunAsync(stopping.Token);
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }
    }

    /// <summary>
    /// What a start, and later what looks that come by the clock, leave as garbage, an operator at rest has no occasion to collect: at
    /// 10,000 resources it held 157 MB half a minute after a start, and 259 MB five minutes later. So it is given back whenever the
    /// process has done little for a while. The collection stops it for a tenth of a second, when nobody waits for it.
    /// </summary>
    private static async Task GiveBackAsync(Caches caches, TimeProvider time, CancellationToken cancellationToken)
    {
        await Task.WhenAll(caches.All.Select(cache => cache.WaitForSyncAsync(cancellationToken)));
        using var timer = new PeriodicTimer(RestAfter, time);
        var (used, allocated) = (Environment.CpuUsage.TotalTime, 0L);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var now = Environment.CpuUsage.TotalTime;
            var (isAtRest, garbage) = (now - used < RestAfter * RestingShare, GC.GetTotalAllocatedBytes() - allocated);
            used = now;
            if (!isAtRest || garbage < WorthCollecting)
                continue;
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            (used, allocated) = (Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
        }
    }

    private static IPEndPoint Address(string text, string option) =>
        IPEndPoint.TryParse(text, out var address) && address.Port > 0
            ? address
            : throw new ArgumentException($"{option} '{text}' is not an address; use IP:PORT such as 0.0.0.0:8080");
}
