using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Gateway.Tests;

/// <summary>As much of an API server as two informers need: a list and a watch of InferenceServices and of pods.</summary>
internal sealed class StubApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, Channel<string>> _watches = new();
    private readonly Dictionary<string, (string Kind, string Items)> _lists;

    private StubApiServer(WebApplication app, string services, string pods)
    {
        _app = app;
        _lists = new Dictionary<string, (string Kind, string Items)>
        {
            ["/apis/enterpriseai.io/v1alpha1/inferenceservices"] = ("InferenceServiceList", services),
            ["/api/v1/pods"] = ("PodList", pods),
        };
    }

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Label selector of the last request for pods.</summary>
    public string? PodSelector { get; private set; }

    public static async Task<StubApiServer> StartAsync(string services, string pods)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        // A watch ends only when its client does.
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.Zero);
        var server = new StubApiServer(builder.Build(), services, pods);
        server._app.Run(server.AnswerAsync);
        await server._app.StartAsync();
        return server;
    }

    /// <summary>Sends a watch event to whoever watches the resource now or next.</summary>
    public void Send(string resource, string type, string item) =>
        Watch(_lists.Keys.Single(path => path.EndsWith(resource, StringComparison.Ordinal)))
            .Writer.TryWrite($$"""{"type":"{{type}}","object":{{item}}}""");

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Channel<string> Watch(string path) => _watches.GetOrAdd(path, _ => Channel.CreateUnbounded<string>());

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (!_lists.TryGetValue(path, out var list))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        if (path.EndsWith("pods", StringComparison.Ordinal)) PodSelector = context.Request.Query["labelSelector"];
        context.Response.ContentType = "application/json";
        if (context.Request.Query["watch"].FirstOrDefault() is not ("1" or "true"))
        {
            var apiVersion = path.StartsWith("/apis/", StringComparison.Ordinal) ? "enterpriseai.io/v1alpha1" : "v1";
            await context.Response.WriteAsync($$"""
                {"apiVersion":"{{apiVersion}}","kind":"{{list.Kind}}","metadata":{"resourceVersion":"10"},"items":[{{list.Items}}]}
                """);
            return;
        }
        await context.Response.StartAsync();
        await context.Response.Body.FlushAsync();
        await foreach (var line in Watch(path).Reader.ReadAllAsync(context.RequestAborted))
        {
            await context.Response.WriteAsync(line + "\n");
            await context.Response.Body.FlushAsync();
        }
    }
}
