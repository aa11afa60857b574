using System.Net;
using EnterpriseAI.ModelServer.Inference;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.ModelServer.Tests;

public class ConcurrencyTests
{
    private static string Request(int x) => $$"""{"id":"{{x}}","inputs":[{"name":"x","shape":[1,3],"datatype":"FP32","data":[{{x}},0,0]}]}""";

    [Test]
    public async Task Each_of_many_clients_gets_its_own_answer()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear());
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (x, _) =>
        {
            var (status, body) = await server.InferAsync(Request(x));
            Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(body.GetProperty("id").GetString(), Is.EqualTo($"{x}"));
            Assert.That(body.GetProperty("outputs")[0].GetProperty("data").GetRawText(), Is.EqualTo($"[{x + 10},{2 * x + 20}]"));
        });
        using var lease = server.App.Services.GetRequiredService<ModelRepository>().Acquire("m", null);
        Assert.That(lease.Model.Metrics.Pending, Is.Zero);
    }

    [Test]
    public async Task More_waiting_requests_than_allowed_are_told_to_come_later()
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { MaxPendingRequests = 0 });
        var statuses = new System.Collections.Concurrent.ConcurrentBag<HttpStatusCode>();
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (x, _) => statuses.Add((await server.InferAsync(Request(x))).Status));
        Assert.That(statuses, Has.All.EqualTo(HttpStatusCode.OK).Or.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(statuses, Does.Contain(HttpStatusCode.OK));
        Assert.That(await server.DataAsync(Request(1)), Is.EqualTo("[11,22]"));
    }

    [Test]
    public async Task While_draining_it_is_not_ready_and_still_answers()
    {
        var time = new HeldTime();
        await using var server = await RunningServer.StartAsync(OnnxModels.Linear(), options => options with { Drain = TimeSpan.FromHours(1) }, time);
        Assert.That((await server.GetAsync("/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.OK));
        var stopping = server.StopAsync();
        Assert.That((await server.GetAsync("/v2/health/ready")).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(await server.DataAsync(Request(1)), Is.EqualTo("[11,22]"));
        Assert.That(stopping.IsCompleted, Is.False);
        time.Elapse();
        await stopping;
    }

    /// <summary>A clock whose timers fire when the test says so.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly List<(TimerCallback Callback, object? State)> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_timers)
                _timers.Add((callback, state));
            return new Held();
        }

        public void Elapse()
        {
            lock (_timers)
                _timers.ForEach(static timer => timer.Callback(timer.State));
        }

        private sealed class Held : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
