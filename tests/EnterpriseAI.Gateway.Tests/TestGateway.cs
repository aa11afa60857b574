using System.Net;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.Gateway.Tests;

/// <summary>A whole gateway on loopback, with a routes file in a folder of its own.</summary>
internal sealed class TestGateway : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;

    private TestGateway(WebApplication app, DirectoryInfo folder)
    {
        App = app;
        _folder = folder;
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ToList();
        Client = new HttpClient { BaseAddress = new Uri(addresses[0]) };
        Admin = new HttpClient { BaseAddress = new Uri(addresses[1]) };
    }

    public WebApplication App { get; }

    public HttpClient Client { get; }

    public HttpClient Admin { get; }

    public Uri Address => Client.BaseAddress!;

    public string RoutesFile => Path.Combine(_folder.FullName, "routes.json");

    public ServiceReport Service => App.Services.GetRequiredService<ObservationStore>().Report("test").Services.Single();

    public static async Task<TestGateway> StartAsync(RouteTable? table = null, Func<GatewayOptions, GatewayOptions>? configure = null)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-test-");
        var file = Path.Combine(folder.FullName, "routes.json");
        await File.WriteAllTextAsync(file, """{"services":[]}""");
        var options = new GatewayOptions
        {
            Http = new ListenAddress(IPAddress.Loopback, 0),
            Admin = new ListenAddress(IPAddress.Loopback, 0),
            RoutesFile = file,
            Drain = TimeSpan.Zero,
            LogLevel = "None",
        };
        var app = await GatewayHost.BuildAsync(configure?.Invoke(options) ?? options, CancellationToken.None);
        await app.StartAsync();
        var gateway = new TestGateway(app, folder);
        if (table is not null) gateway.Apply(table);
        return gateway;
    }

    public void Apply(RouteTable table) => App.Services.GetRequiredService<Router>().Apply(table);

    /// <summary>The counters of a revision over all windows, once nothing is in flight.</summary>
    public async Task<(long Requests, long Errors)> CountsAsync(string revision, long requests)
    {
        // The counters are written just after the client has its answer.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            var found = Service.Revisions.Single(r => r.Name == revision);
            var counts = (found.Windows.Sum(w => w.Requests), found.Windows.Sum(w => w.Errors));
            if ((counts.Item1 >= requests && found.InFlight == 0) || limit.IsCancellationRequested) return counts;
            await Task.Yield();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        Admin.Dispose();
        await App.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
