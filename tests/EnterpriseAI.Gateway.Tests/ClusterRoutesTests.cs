using System.Net;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Gateway.Sources;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class ClusterRoutesTests
{
    [Test]
    public async Task The_table_follows_the_cluster_and_stays_when_the_api_server_goes()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-cluster-");
        try
        {
            var api = await StubApiServer.StartAsync(Service(11, weight: 0), Pod("p1", "r1", "10.0.0.1"));
            await using var gateway = await TestGateway.StartAsync(configure: options => options with
            {
                RoutesFile = null,
                Kubeconfig = WriteKubeconfig(folder, api.Address),
            });
            await Until(gateway, service => Shape(service) == "r1=100@10.0.0.1 r2=0@");
            using var ready = await gateway.Admin.GetAsync("/readyz");

            api.Send("pods", "ADDED", Pod("p2", "r2", "10.0.0.2"));
            api.Send("inferenceservices", "MODIFIED", Service(12, weight: 25));
            await Until(gateway, service => Shape(service) == "r1=75@10.0.0.1 r2=25@10.0.0.2");
            api.Send("pods", "DELETED", Pod("p2", "r2", "10.0.0.2"));
            await Until(gateway, service => Shape(service) == "r1=75@10.0.0.1 r2=25@");
            await api.DisposeAsync();
            using var stillReady = await gateway.Admin.GetAsync("/readyz");

            Assert.Multiple(() =>
            {
                Assert.That(api.PodSelector, Is.EqualTo(ClusterTable.ServiceLabel));
                Assert.That((ready.StatusCode, stillReady.StatusCode), Is.EqualTo((HttpStatusCode.OK, HttpStatusCode.OK)));
                Assert.That(Shape(gateway.App.Services.GetRequiredService<Router>().Services.Single().Route), Is.EqualTo("r1=75@10.0.0.1 r2=25@"));
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Without_an_api_server_the_gateway_starts_is_not_ready_and_says_why()
    {
        var folder = Directory.CreateTempSubdirectory("gateway-cluster-");
        try
        {
            await using var gateway = await TestGateway.StartAsync(configure: options => options with
            {
                RoutesFile = null,
                Kubeconfig = WriteKubeconfig(folder, RawUpstream.Nobody()),
            });
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            string reason;
            do
            {
                using var answer = await gateway.Admin.GetAsync("/readyz", limit.Token);
                Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
                reason = await answer.Content.ReadAsStringAsync(limit.Token);
            }
            while (!reason.Contains("efused", StringComparison.Ordinal));
            using var traffic = await gateway.Client.GetAsync("/v2/models/a", limit.Token);

            Assert.Multiple(() =>
            {
                Assert.That(reason, Does.StartWith("the routing table is not loaded yet: "));
                Assert.That(traffic.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            });
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task Until(TestGateway gateway, Func<ServiceRoute, bool> condition)
    {
        var router = gateway.App.Services.GetRequiredService<Router>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (router.Services is not [var service] || !condition(service.Route))
        {
            if (limit.IsCancellationRequested) Assert.Fail($"the table is still {string.Join(", ", router.Services.Select(s => Shape(s.Route)))}");
            await Task.Yield();
        }
    }

    private static string Shape(ServiceRoute route) =>
        string.Join(' ', new[] { route.Stable!, route.Candidate! }.Select(r => $"{r.Name}={r.Weight}@{string.Join(',', r.Endpoints.Select(e => e.Host))}"));

    private static string WriteKubeconfig(DirectoryInfo folder, Uri server)
    {
        var path = Path.Combine(folder.FullName, "config");
        File.WriteAllText(path, $$"""
            apiVersion: v1
            kind: Config
            clusters: [{name: c, cluster: {server: "{{server.GetLeftPart(UriPartial.Authority)}}" } }]
            users: [{name: u, user: {} }]
            contexts: [{name: x, context: {cluster: c, user: u} }]
            current-context: x
            """);
        return path;
    }

    private static string Service(int version, int weight) => $$"""
        {"apiVersion":"enterpriseai.io/v1alpha1","kind":"InferenceService","metadata":{"namespace":"default","name":"a","uid":"1","resourceVersion":"{{version}}"},"spec":{"modelVersion":"m-2"},"status":{"stable":{"revision":"r1","modelVersion":"m-1"},"candidate":{"revision":"r2","modelVersion":"m-2","weight":{{weight}} } } }
        """;

    private static string Pod(string name, string revision, string ip) => $$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"{{name}}","uid":"{{name}}","resourceVersion":"12","labels":{"enterpriseai.io/inferenceservice":"a","enterpriseai.io/revision":"{{revision}}" } },"spec":{"containers":[]},"status":{"podIP":"{{ip}}","conditions":[{"type":"Ready","status":"True"}] } }
        """;
}
