using System.Net;
using System.Text;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Tests;

public class SchedulingTests
{
    /// <summary>A run that ends only when it is told to.</summary>
    private const long Endless = long.MaxValue;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Test]
    public async Task Requests_run_in_their_order_and_a_full_queue_refuses()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter(), options => options with { MaxPendingRequests = 2 });
        using var stop = new CancellationTokenSource();
        var running = engine.CountAsync(Endless, cancellationToken: stop.Token);
        await engine.WaitingAsync(0);
        using var next = new CancellationTokenSource();
        var first = engine.CountAsync(Endless, cancellationToken: next.Token);
        var second = engine.CountAsync(5);
        await engine.WaitingAsync(2);

        var refused = (await Assert.ThrowsAsync<RequestException>(() => engine.CountAsync(1)))!;
        Assert.That(refused.Status, Is.EqualTo(429));
        Assert.That(refused.RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(1)));
        Assert.That(running.IsCompleted, Is.False);

        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => running);
        await engine.WaitingAsync(1);
        Assert.That(second.IsCompleted, Is.False, "the second overtook the first");
        await next.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => first);
        Assert.That(await second.WaitAsync(Limit), Is.EqualTo(5));
    }

    [Test]
    public async Task A_cancelled_request_leaves_the_queue_at_once()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter());
        using var stop = new CancellationTokenSource();
        var running = engine.CountAsync(Endless, cancellationToken: stop.Token);
        using var gone = new CancellationTokenSource();
        var waiting = engine.CountAsync(1, cancellationToken: gone.Token);
        var patient = engine.CountAsync(5, x: 2);
        await engine.WaitingAsync(2);
        await gone.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => waiting);
        Assert.That(engine.Model.Metrics.Pending, Is.EqualTo(1));
        Assert.That(running.IsCompleted, Is.False);
        await stop.CancelAsync();
        Assert.That(await patient.WaitAsync(Limit), Is.EqualTo(7));
        await Assert.ThrowsAsync<TaskCanceledException>(() => running);
    }

    [Test]
    public async Task A_client_that_has_gone_before_it_came_is_not_run()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter());
        await Assert.ThrowsAsync<TaskCanceledException>(() => engine.CountAsync(Endless, cancellationToken: new CancellationToken(true)));
        Assert.That(await engine.CountAsync(3).WaitAsync(Limit), Is.EqualTo(3));
    }

    [Test]
    public async Task The_timeout_ends_a_run_and_a_wait()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter(), options => options with { RequestTimeout = TimeSpan.FromMilliseconds(300) });
        var running = engine.CountAsync(Endless);
        var waiting = engine.CountAsync(Endless);
        Assert.That((await Assert.ThrowsAsync<RequestException>(() => running.WaitAsync(Limit)))!.Status, Is.EqualTo(504));
        Assert.That((await Assert.ThrowsAsync<RequestException>(() => waiting.WaitAsync(Limit)))!.Status, Is.EqualTo(504));
        // The processor is free again, and the timer was set again for later requests.
        Assert.That(await engine.CountAsync(3).WaitAsync(Limit), Is.EqualTo(3));
        Assert.That((await Assert.ThrowsAsync<RequestException>(() => engine.CountAsync(Endless).WaitAsync(Limit)))!.Message, Does.Contain("0.3 s"));
    }

    [Test]
    public async Task As_many_run_at_once_as_there_are_instances()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter(), options => options with { Instances = 3 });
        using var stop = new CancellationTokenSource();
        Task[] running = [.. Enumerable.Range(0, 4).Select(_ => engine.CountAsync(Endless, cancellationToken: stop.Token))];
        await engine.WaitingAsync(1);
        // Three threads of the pool are blocked in the model, and others are there at once.
        await Task.Run(() => { }).WaitAsync(Limit);
        await stop.CancelAsync();
        foreach (var run in running)
            await Assert.ThrowsAsync<TaskCanceledException>(() => run.WaitAsync(Limit));
        Assert.That(await engine.CountAsync(3).WaitAsync(Limit), Is.EqualTo(3));
    }

    [Test]
    public async Task A_model_is_freed_only_when_its_last_run_has_ended()
    {
        var engine = await LoadedEngine.LoadAsync(OnnxModels.Counter());
        using var stop = new CancellationTokenSource();
        var running = engine.CountAsync(Endless, cancellationToken: stop.Token);
        engine.Model.Release();
        await Task.Yield();
        Assert.That(engine.Model.Freed.IsCompleted, Is.False);
        await stop.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => running);
        await engine.Model.Freed.WaitAsync(Limit);
        Assert.That(engine.Model.TryUse(), Is.False);
    }

    [Test]
    public async Task What_a_protocol_forgot_to_check_never_reaches_native_code()
    {
        await using var engine = await LoadedEngine.LoadAsync(OnnxModels.Linear());
        foreach (var inputs in new InputTensor[][]
        {
            [],
            [new("other", LoadedEngine.Floats([1, 3]))],
            [new("x", LoadedEngine.Floats([1, 3])), new("x", LoadedEngine.Floats([1, 3]))],
            [new("x", OrtTensor.Create(TensorElementType.Double, [1, 3]))],
        })
        {
            Assert.Throws<ArgumentException>(() => engine.Model.InferAsync(inputs, ["y"], CancellationToken.None));
            Assert.That(inputs.All(static input => input.Tensor.IsDisposed), "an input was not disposed");
        }
        Assert.Throws<ArgumentException>(() => engine.Model.InferAsync([new InputTensor("x", LoadedEngine.Floats([1, 3]))], ["z"], CancellationToken.None));
    }

    // With a batch size, too: the model has a scalar, and so cannot be joined.
    [Test]
    public async Task Over_HTTP_a_full_queue_is_429_with_Retry_After_and_a_timeout_504([Values(0, 8)] int maxBatchSize)
    {
        await using var server = await RunningServer.StartAsync(OnnxModels.Counter(), options => options with
        {
            Model = options.Model with { Session = new SessionSettings { IntraOpThreads = Environment.ProcessorCount } },
            MaxPendingRequests = 0,
            MaxBatchSize = maxBatchSize,
            RequestTimeout = TimeSpan.FromSeconds(2),
        });
        const string endless = """{"inputs":[{"name":"n","shape":[],"datatype":"INT64","data":[9223372036854775807]},{"name":"x","shape":[1],"datatype":"FP32","data":[0]}]}""";
        // Whichever three of the four come first run until their time is over.
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => server.Client.PostAsync("/v2/models/m/infer", new StringContent(endless, Encoding.UTF8, "application/json"))));
        var refused = answers.Single(static answer => answer.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.That(refused.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        var late = answers.Where(static answer => answer.StatusCode == HttpStatusCode.GatewayTimeout).ToList();
        Assert.That(late, Has.Count.EqualTo(3), "two runs more than the processors have threads for");
        Assert.That(await late[0].Content.ReadAsStringAsync(), Does.Contain("within 2 s"));
    }
}
