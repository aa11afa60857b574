using System.Net;
using System.Text;
using EnterpriseAI.ModelServer.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.ModelServer.Tests;

[NonParallelizable]
public class ReloadUnderLoadTests
{
    [Test]
    public async Task A_hundred_connections_see_no_failure_while_the_model_is_reloaded([Values] bool batching)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { MaxBatchSize = batching ? 16 : 0, MaxBatchDelay = TimeSpan.FromMicroseconds(500) });
        var repository = server.App.Services.GetRequiredService<ModelRepository>();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var answered = 0;
        var clients = Enumerable.Range(0, 100).Select(x => Task.Run(async () =>
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
        TestContext.Out.WriteLine($"{answered} requests, {loads} loads");
        Assert.That(answered, Is.GreaterThan(100));
        Assert.That(loads, Is.GreaterThan(1));
    }
}
