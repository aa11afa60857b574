using System.Net;
using System.Net.Http.Json;
using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class AdminTests
{
    [Test]
    public async Task Observations_are_served_in_the_agreed_form()
    {
        await using var upstream = await TestUpstream.SayingAsync("yes");
        await using var gateway = await TestGateway.StartAsync(Routes.Table(Routes.Service(
            Routes.Revision("a", 0, upstream.Address), Routes.Revision("b", 100, upstream.Address))));
        using var answer = await gateway.Client.GetAsync("/v2/models/penguins");
        await gateway.CountsAsync("b", 1);

        var json = await gateway.Admin.GetStringAsync("/v1/observations");
        var report = await gateway.Admin.GetFromJsonAsync("/v1/observations", ObservationJsonContext.Default.ObservationReport);

        Assert.Multiple(() =>
        {
            Assert.That(json, Does.Match("""
                ^\{"instance":"[^"]+-[0-9a-f]{8}","services":\[\{"namespace":"default","name":"penguins","unserved":0,"revisions":\[\{"name":"a","role":"Stable","weight":0,"inFlight":0,"windows":\[\{"candidateWeight":100,"requests":0,"errors":0,"latency":\{"boundsSeconds":\[0\.0005,
                """));
            var revision = report!.Services.Single().Revisions.Single(r => r.Name == "b");
            Assert.That((revision.Role, revision.Weight, revision.Windows.Single().CandidateWeight), Is.EqualTo((RevisionRole.Candidate, 100, 100)));
            Assert.That((revision.Windows[0].Requests, revision.Windows[0].Latency.Counts.Sum()), Is.EqualTo((1L, 1L)));
            Assert.That(revision.Windows[0].Latency.Counts, Has.Length.EqualTo(revision.Windows[0].Latency.BoundsSeconds.Length + 1));
        });
    }

    [Test]
    public async Task Metrics_name_service_revision_and_code()
    {
        await using var upstream = await TestUpstream.SayingAsync("yes");
        await using var gateway = await TestGateway.StartAsync(Routes.Table(Routes.Service(
            Routes.Revision("a", 100, upstream.Address), null, "metrics-test", "penguins")));
        using var answer = await gateway.Client.GetAsync("/v2/models/penguins");
        await gateway.CountsAsync("a", 1);

        var page = await gateway.Admin.GetStringAsync("/metrics");

        Assert.Multiple(() =>
        {
            Assert.That(page, Does.Contain("enterpriseai_gateway_requests_total{code=\"200\",namespace=\"metrics-test\",revision=\"a\",service=\"penguins\"} 1\n"));
            Assert.That(page, Does.Contain("enterpriseai_gateway_request_duration_seconds_count{namespace=\"metrics-test\",revision=\"a\",service=\"penguins\"} 1\n"));
            Assert.That(page, Does.Contain("enterpriseai_gateway_in_flight_requests{namespace=\"metrics-test\",revision=\"a\",service=\"penguins\"} 0\n"));
        });
    }

    [Test]
    public async Task The_two_listeners_answer_nothing_of_each_other()
    {
        await using var gateway = await TestGateway.StartAsync();

        using var metricsAsTraffic = await gateway.Client.GetAsync("/metrics");
        using var modelAsAdmin = await gateway.Admin.GetAsync("/v2/models/penguins");

        Assert.Multiple(() =>
        {
            Assert.That(metricsAsTraffic.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(modelAsAdmin.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        });
    }

    [Test]
    public async Task While_it_drains_the_gateway_is_not_ready_and_still_answers()
    {
        await using var upstream = await TestUpstream.SayingAsync("yes");
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));
        using var before = await gateway.Admin.GetAsync("/readyz");
        gateway.App.Services.GetRequiredService<DrainState>().Begin();

        using var after = await gateway.Admin.GetAsync("/readyz");
        using var answer = await gateway.Client.GetAsync("/v2/models/penguins");

        Assert.Multiple(() =>
        {
            Assert.That(before.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(after.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Headers.Connection, Is.EqualTo(new[] { "close" }));
        });
    }

    [Test]
    public async Task A_request_in_flight_is_answered_before_the_gateway_stops()
    {
        var arrived = new TaskCompletionSource();
        var goOn = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async _ =>
        {
            arrived.TrySetResult();
            await goOn.Task;
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));
        var request = gateway.Client.GetAsync("/v2/models/penguins");
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));

        var stopping = gateway.App.StopAsync();
        goOn.SetResult();
        using var answer = await request;
        await stopping;

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
