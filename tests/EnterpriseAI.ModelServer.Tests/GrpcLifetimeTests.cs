using System.Net;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Deadlines, cancellation, many calls at once, streams of inferences.</summary>
public class GrpcLifetimeTests
{
    private const string Infer = GrpcClient.Service + "ModelInfer", StreamInfer = GrpcClient.Service + "ModelStreamInfer";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>A request to <see cref="GrpcModels.Counter"/>.</summary>
    private static ModelInferRequest Count(long times) => new()
    {
        ModelName = "m",
        Inputs = { new InputTensor { Name = "n", Datatype = "INT64" } },
        RawInputContents = { ByteString.CopyFrom(OnnxModels.Of(times)) },
    };

    /// <summary>Serves a model that runs one request at a time, and sends two that take long.</summary>
    private static async Task<(GrpcClient Client, GrpcStreamCall[] Calls)> BusyAsync()
    {
        var client = await GrpcClient.StartAsync(GrpcModels.Counter(), static options => options with { Instances = 1 });
        var calls = new[] { GrpcStreamCall.Open(client, Infer), GrpcStreamCall.Open(client, Infer) };
        foreach (var call in calls)
        {
            call.Send(Count(1_000_000));
            call.Complete();
        }
        await PendingAsync(client, 1);
        return (client, calls);
    }

    private static async Task PendingAsync(GrpcClient client, int pending)
    {
        using var lease = client.Server.App.Services.GetRequiredService<ModelRepository>().Acquire("m", null);
        var deadline = Environment.TickCount64 + (long)Limit.TotalMilliseconds;
        while (lease.Model.Metrics.Pending != pending && Environment.TickCount64 < deadline)
            await Task.Yield();
        Assert.That(lease.Model.Metrics.Pending, Is.EqualTo(pending));
    }

    [Test]
    public async Task A_deadline_or_a_reset_ends_a_call_that_waits_for_the_model()
    {
        var (client, calls) = await BusyAsync();
        await using (client)
        {
            var reply = await client.SendAsync(Infer, GrpcClient.Frame(Count(1).ToByteArray()), static request => request.Headers.TryAddWithoutValidation("grpc-timeout", "50m"));
            Assert.That((reply.Http, reply.Status), Is.EqualTo((HttpStatusCode.OK, GrpcCode.DeadlineExceeded)));
            foreach (var call in calls)
                await call.DisposeAsync();
            Assert.That(GrpcInferTests.Floats((await client.InferAsync(Count(5))).RawOutputContents.Single()), Is.EqualTo(new[] { 5f }));
            var metrics = await client.Server.Client.GetStringAsync("/metrics");
            Assert.That(metrics, Does.Match("""(?m)^nv_inference_request_failure(_total)?\{.*reason="CANCELED".*\} [23]$"""));
        }
    }

    [TestCase("")]
    [TestCase("\0\0\0\0\x9half")]
    public async Task A_deadline_ends_a_call_whose_message_does_not_come(string sent)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var call = GrpcStreamCall.Open(client, Infer, static request => request.Headers.TryAddWithoutValidation("grpc-timeout", "50m"));
        call.SendBytes([.. sent.Select(static character => (byte)character)]);
        Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.DeadlineExceeded));
        Assert.That((await client.InferAsync(GrpcInferTests.RawLinear(1, 2, 3))).Outputs, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_deadline_ends_a_watch()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var watch = GrpcStreamCall.Open(client, "/grpc.health.v1.Health/Watch", static request => request.Headers.TryAddWithoutValidation("grpc-timeout", "200m"));
        watch.Send(new HealthCheckRequest());
        Assert.That((await watch.EndAsync()).Status, Is.EqualTo(GrpcCode.DeadlineExceeded));
    }

    [Test]
    public async Task Resets_at_any_moment_harm_no_other_call()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        var frame = GrpcClient.Frame(GrpcInferTests.RawLinear(1, 2, 3).ToByteArray());
        await Parallel.ForEachAsync(Enumerable.Range(0, 300), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (round, _) =>
        {
            await using (var call = GrpcStreamCall.Open(client, round % 2 == 0 ? Infer : StreamInfer))
            {
                call.SendBytes(frame[..(round % (frame.Length + 1))]);
                if (round % 3 == 0)
                    call.Complete();
            }
            var answer = await client.InferAsync(GrpcInferTests.RawLinear(round, 0, 0));
            Assert.That(GrpcInferTests.Floats(answer.RawOutputContents.Single()), Is.EqualTo(new[] { round + 10f, 2 * round + 20f }));
        });
    }

    [Test]
    public async Task Each_of_many_calls_on_one_connection_gets_its_own_answer()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await Parallel.ForEachAsync(Enumerable.Range(0, 2_000), new ParallelOptions { MaxDegreeOfParallelism = 64 }, async (x, _) =>
        {
            var request = x % 2 == 0 ? GrpcInferTests.RawLinear(x, 0, 0) : GrpcInferTests.Linear(x, 0, 0);
            request.Id = $"{x}";
            var answer = await client.InferAsync(request);
            Assert.That(answer.Id, Is.EqualTo($"{x}"));
            var values = x % 2 == 0 ? GrpcInferTests.Floats(answer.RawOutputContents.Single()) : [.. answer.Outputs[0].Contents.Fp32Contents];
            Assert.That(values, Is.EqualTo(new[] { x + 10f, 2 * x + 20f }));
        });
    }

    [Test]
    public async Task Messages_cut_into_single_bytes_and_interleaved_are_put_together()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        var calls = Enumerable.Range(0, 5).Select(x => (Call: GrpcStreamCall.Open(client, Infer), Frame: GrpcClient.Frame(GrpcInferTests.RawLinear(x, 0, 0).ToByteArray()), X: x)).ToArray();
        for (var at = 0; at < calls[0].Frame.Length; at++)
            foreach (var (call, frame, _) in calls)
                call.SendBytes(frame[at..(at + 1)]);
        foreach (var (call, _, x) in calls)
        {
            call.Complete();
            var answer = await call.ReceiveAsync(ModelInferResponse.Parser);
            Assert.That(GrpcInferTests.Floats(answer.RawOutputContents.Single()), Is.EqualTo(new[] { x + 10f, 2 * x + 20f }));
            Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.Ok));
            await call.DisposeAsync();
        }
    }

    [Test]
    public async Task A_stream_answers_in_order_and_outlives_what_is_wrong_with_one_request()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var call = GrpcStreamCall.Open(client, StreamInfer);
        for (var x = 0; x < 20; x++)
        {
            var request = x % 3 == 0 ? GrpcInferTests.Linear(x, 0, 0) : GrpcInferTests.RawLinear(x, 0, 0);
            request.Id = $"{x}";
            if (x % 5 == 4)
                request.Inputs[0].Datatype = "FP64";
            call.Send(request);
        }
        call.SendBytes(GrpcClient.Frame([0xFF]));
        call.Complete();
        for (var x = 0; x < 20; x++)
        {
            var answer = await call.ReceiveAsync(ModelStreamInferResponse.Parser);
            Assert.That(answer.InferResponse.Id, Is.EqualTo($"{x}"));
            Assert.That(answer.ErrorMessage, x % 5 == 4 ? Does.Contain("datatype is FP64") : Is.Empty);
            if (x % 5 == 4)
                continue;
            var values = x % 3 == 0 ? [.. answer.InferResponse.Outputs[0].Contents.Fp32Contents] : GrpcInferTests.Floats(answer.InferResponse.RawOutputContents.Single());
            Assert.That(values, Is.EqualTo(new[] { x + 10f, 2 * x + 20f }));
        }
        Assert.That((await call.ReceiveAsync(ModelStreamInferResponse.Parser)).ErrorMessage, Does.Contain("not well-formed"));
        Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.Ok));
    }

    [Test]
    public async Task A_stream_whose_framing_breaks_ends_with_the_fault()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var call = GrpcStreamCall.Open(client, StreamInfer);
        call.Send(GrpcInferTests.RawLinear(1, 2, 3));
        Assert.That((await call.ReceiveAsync(ModelStreamInferResponse.Parser)).ErrorMessage, Is.Empty);
        call.SendBytes([7, 0, 0, 0, 0]);
        Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.InvalidArgument));
    }

    [Test]
    public async Task A_stream_that_is_silent_ends_when_the_server_stops()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        await using var call = GrpcStreamCall.Open(client, StreamInfer);
        call.Send(GrpcInferTests.RawLinear(1, 2, 3));
        Assert.That((await call.ReceiveAsync(ModelStreamInferResponse.Parser)).ErrorMessage, Is.Empty);
        var stopping = client.Server.StopAsync();
        Assert.That(await call.EndAsync(), Is.EqualTo(((GrpcCode?)GrpcCode.Unavailable, "shutting down")));
        // The host gives its connections 30 s.
        await stopping.WaitAsync(TimeSpan.FromSeconds(45));
    }

    [Test]
    public async Task A_running_call_ends_in_order_when_the_server_stops()
    {
        await using var client = await GrpcClient.StartAsync(GrpcModels.Counter());
        await using var call = GrpcStreamCall.Open(client, Infer);
        var frame = GrpcClient.Frame(Count(1_000).ToByteArray());
        call.SendBytes(frame[..9]);
        await client.CallAsync("ServerLive", new ServerLiveRequest());
        var stopping = client.Server.StopAsync();
        call.SendBytes(frame[9..]);
        call.Complete();
        Assert.That(GrpcInferTests.Floats((await call.ReceiveAsync(ModelInferResponse.Parser)).RawOutputContents.Single()), Is.EqualTo(new[] { 1_000f }));
        Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.Ok));
        await stopping.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Test]
    public async Task A_client_that_takes_no_answer_is_left_when_its_deadline_is_over()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        var request = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { new InputTensor { Name = "x", Datatype = "FP32", Shape = { 1, 10 << 20 } } },
            RawInputContents = { ByteString.CopyFrom(new byte[40 << 20]) },
        };
        await using var call = GrpcStreamCall.Open(client, Infer, static request => request.Headers.TryAddWithoutValidation("grpc-timeout", "3S"));
        call.Send(request);
        call.Complete();
        // Only the headers are read: the answer is larger than what is buffered on the way.
        var end = (await Assert.ThrowsAsync<HttpProtocolException>(async () =>
        {
            await call.HeadersAsync();
            await PendingResetAsync(client);
            await call.EndAsync();
        }))!;
        Assert.That(end.ErrorCode, Is.EqualTo(8), "CANCEL");
    }

    /// <summary>Waits until a call was counted as canceled.</summary>
    private static async Task PendingResetAsync(GrpcClient client)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!(await client.Server.Client.GetStringAsync("/metrics", limit.Token)).Contains("CANCELED", StringComparison.Ordinal))
            await Task.Delay(20, limit.Token);
    }
}
