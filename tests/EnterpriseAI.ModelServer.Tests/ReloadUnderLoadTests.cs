using System.Globalization;
using System.Net;
using System.Text;
using EnterpriseAI.ModelServer.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>ENTERPRISEAI_CONNECTIONS and ENTERPRISEAI_LOAD_SECONDS make it larger and longer: 1000 and 60 before a release, with <c>ulimit -n</c> above twice the connections.</summary>
[NonParallelizable]
public class ReloadUnderLoadTests
{
    private static int Setting(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var value) ? value : otherwise;

    [Test]
    public async Task Many_connections_see_no_failure_while_the_model_is_reloaded([Values] bool batching)
    {
        int connections = Setting("ENTERPRISEAI_CONNECTIONS", 100), seconds = Setting("ENTERPRISEAI_LOAD_SECONDS", 5);
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { MaxBatchSize = batching ? 16 : 0, MaxBatchDelay = TimeSpan.FromMicroseconds(500) });
        var repository = server.App.Services.GetRequiredService<ModelRepository>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        var answered = 0;
        var clients = Enumerable.Range(0, connections).Select(x => Task.Run(async () =>
        {
            var body = Encoding.UTF8.GetBytes($$"""{"id":"{{x}}","inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[{{x}},0,0]}]}""");
            var expected = $$"""{"model_name":"m","id":"{{x}}","outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[{{x + 10}},{{2 * x + 20}}]}]}""";
            using var client = new HttpClient { BaseAddress = server.Client.BaseAddress };
            while (!stop.IsCancellationRequested)
            {
                using var response = await client.PostAsync("/v2/models/m/infer", new ByteArrayContent(body));
                var text = await response.Content.ReadAsStringAsync();
                Assert.That((response.StatusCode, text), Is.EqualTo((HttpStatusCode.OK, expected)));
                Interlocked.Increment(ref answered);
            }
        })).ToList();
        var loads = 0;
        for (; !stop.IsCancellationRequested; loads++)
            await repository.LoadAsync("m", default);
        await Task.WhenAll(clients);
        TestContext.Out.WriteLine($"{connections} connections for {seconds} s, batching {batching}: {answered} requests, {loads} loads, no failure");
        Assert.That(answered, Is.GreaterThan(connections));
        Assert.That(loads, Is.GreaterThan(1));
    }
}
