using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Telemetry.Tests;

/// <summary>The SDK reads its environment, which all tests of the process share: these run alone.</summary>
[NonParallelizable]
public sealed class OtlpTests
{
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";

    [TearDown]
    public void ForgetEnvironment()
    {
        Environment.SetEnvironmentVariable(EndpointVariable, null);
        Environment.SetEnvironmentVariable(ProtocolVariable, null);
    }

    [Test]
    public async Task With_an_endpoint_traces_metrics_and_logs_are_sent_there_at_the_latest_at_the_end()
    {
        var received = new ConcurrentDictionary<string, int>();
        await using var collector = await StartAsync(WebApplication.CreateSlimBuilder(), context =>
        {
            received.AddOrUpdate(context.Request.Path.Value!, 1, (_, n) => n + 1);
            return Task.CompletedTask;
        });
        Environment.SetEnvironmentVariable(EndpointVariable, AddressOf(collector));
        Environment.SetEnvironmentVariable(ProtocolVariable, "http/protobuf");
        using var source = new ActivitySource("EnterpriseAI.Tests");

        await using (var app = await StartAsync(WebApplication.CreateSlimBuilder().AddTelemetry("tests"), _ => Task.CompletedTask))
        {
            using (var span = source.StartActivity("work")) Assert.That(span, Is.Not.Null, "spans are made while there is someone to send them to");
            app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Tests").Log(LogLevel.Warning, "sent");
            await app.StopAsync();
        }

        Assert.That(received.Keys, Is.SupersetOf(new[] { "/v1/traces", "/v1/metrics", "/v1/logs" }));
    }

    [Test]
    public async Task Without_an_endpoint_no_span_is_made()
    {
        using var source = new ActivitySource("EnterpriseAI.Tests");
        await using var app = await StartAsync(WebApplication.CreateSlimBuilder().AddTelemetry("tests"), _ => Task.CompletedTask);

        using var span = source.StartActivity("work");

        Assert.That(span, Is.Null);
    }

    private static async Task<WebApplication> StartAsync(WebApplicationBuilder builder, RequestDelegate answer)
    {
        builder.Configuration["Logging:LogLevel:Default"] = "Warning";
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(answer);
        await app.StartAsync();
        return app;
    }

    private static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
}
