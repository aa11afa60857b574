using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Status = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.HealthCheckResponse.Types.ServingStatus;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>gRPC's health checking.</summary>
public class GrpcHealthTests
{
    private const string Check = "/grpc.health.v1.Health/Check", Watch = "/grpc.health.v1.Health/Watch";

    private static HealthCheckRequest Of(string service) => new() { Service = service };

    [TestCase("")]
    [TestCase("inference.GRPCInferenceService")]
    [TestCase("m")]
    public async Task Server_service_and_model_are_serving(string service)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        Assert.That((await client.CallAsync(Check, Of(service))).Only(HealthCheckResponse.Parser).Status, Is.EqualTo(Status.Serving));
    }

    [TestCase("n")]
    [TestCase("inference.grpcinferenceservice")]
    public async Task An_unknown_service_is_NOT_FOUND(string service)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        var reply = await client.CallAsync(Check, Of(service));
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.NotFound));
        Assert.That(reply.Error, Does.StartWith($"service '{service}' is unknown"));
    }

    [Test]
    public async Task A_watch_tells_an_unknown_service_and_lives_on()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var watch = GrpcStreamCall.Open(client, Watch);
        watch.Send(Of("n"));
        watch.Complete();
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.ServiceUnknown));
        // It ends only with the server.
        var end = watch.EndAsync();
        await client.Server.StopAsync();
        Assert.That((await end).Status, Is.EqualTo(GrpcCode.Unavailable));
    }

    [Test]
    public async Task While_draining_checks_and_watches_say_NOT_SERVING_and_then_the_watches_end()
    {
        var time = new HeldTime();
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear(), options => options with { Drain = TimeSpan.FromHours(1) }, time);
        await using var watch = GrpcStreamCall.Open(client, Watch);
        watch.Send(Of(""));
        watch.Complete();
        await using var model = GrpcStreamCall.Open(client, Watch);
        model.Send(Of("m"));
        model.Complete();
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.Serving));
        Assert.That((await model.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.Serving));

        var stopping = client.Server.StopAsync();
        Assert.That((await client.CallAsync(Check, Of("m"))).Only(HealthCheckResponse.Parser).Status, Is.EqualTo(Status.NotServing));
        time.Elapse(TimeSpan.FromSeconds(1));
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.NotServing));
        Assert.That((await model.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.NotServing));
        Assert.That(stopping.IsCompleted, Is.False);

        time.Elapse(TimeSpan.FromHours(1));
        Assert.That(await watch.EndAsync(), Is.EqualTo(((GrpcCode?)GrpcCode.Unavailable, "shutting down")));
        Assert.That((await model.EndAsync()).Status, Is.EqualTo(GrpcCode.Unavailable));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public async Task Without_a_drain_a_watch_still_says_NOT_SERVING_before_it_ends()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var watch = GrpcStreamCall.Open(client, Watch);
        watch.Send(Of(""));
        watch.Complete();
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.Serving));
        var stopping = client.Server.StopAsync();
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.NotServing));
        Assert.That((await watch.EndAsync()).Status, Is.EqualTo(GrpcCode.Unavailable));
        // Far less than the time that a stop may take: no call held it up.
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public async Task An_unloaded_model_is_not_serving_and_a_watch_sees_it_come_back()
    {
        var time = new HeldTime();
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear(), time: time);
        await using var watch = GrpcStreamCall.Open(client, Watch);
        watch.Send(Of("m"));
        watch.Complete();
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.Serving));
        Assert.That((await client.CallAsync("RepositoryModelUnload", new RepositoryModelUnloadRequest { ModelName = "m" })).Status, Is.EqualTo(GrpcCode.Ok));
        Assert.That((await client.CallAsync(Check, Of("m"))).Only(HealthCheckResponse.Parser).Status, Is.EqualTo(Status.NotServing));
        time.Elapse(TimeSpan.FromSeconds(1));
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.NotServing));
        Assert.That((await client.CallAsync("RepositoryModelLoad", new RepositoryModelLoadRequest { ModelName = "m" })).Status, Is.EqualTo(GrpcCode.Ok));
        time.Elapse(TimeSpan.FromSeconds(1));
        Assert.That((await watch.ReceiveAsync(HealthCheckResponse.Parser)).Status, Is.EqualTo(Status.Serving));
    }

    /// <summary>A clock whose timers fire when the test says so.</summary>
    private sealed class HeldTime : TimeProvider
    {
        private readonly List<(TimeSpan Due, TimerCallback Callback, object? State)> _timers = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            lock (_timers)
                _timers.Add((dueTime, callback, state));
            return new Held();
        }

        /// <summary>Fires the timers that were set to this time, and those that come to be set to it until one was.</summary>
        public void Elapse(TimeSpan due)
        {
            Assert.That(() => Take(due), Has.Length.GreaterThan(0).After(10).Seconds.PollEvery(10).MilliSeconds);
        }

        private (TimeSpan Due, TimerCallback Callback, object? State)[] Take(TimeSpan due)
        {
            (TimeSpan Due, TimerCallback Callback, object? State)[] taken;
            lock (_timers)
            {
                taken = [.. _timers.Where(timer => timer.Due == due)];
                _timers.RemoveAll(timer => timer.Due == due);
            }
            foreach (var (_, callback, state) in taken)
                callback(state);
            return taken;
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
