using System.Net.Sockets;
using EnterpriseAI.Agent.Parallel;

namespace EnterpriseAI.Agent.Tests.Parallel;

[CancelAfter(60_000)]
public sealed class AveragingTests
{
    [Test]
    public async Task Every_worker_gets_the_arithmetic_mean([Values(2, 3, 5)] int worldSize)
    {
        const int Length = 1000;
        await using var group = new Group(worldSize, Length);
        var members = await group.CompleteAsync();
        var random = new Random(worldSize);
        for (var round = 0; round < 3; round++)
        {
            double[][] vectors = [.. members.Select(_ => Enumerable.Range(0, Length).Select(_ => random.NextDouble() - 0.5).ToArray())];
            double[] mean = [.. Enumerable.Range(0, Length).Select(i => vectors.Aggregate(0.0, (sum, vector) => sum + vector[i]) / worldSize)];

            await Task.WhenAll(members.Zip(vectors, (member, vector) => member.AverageAsync(vector, CancellationToken.None)));

            // Exactly: the order of the additions is part of what makes a training repeatable.
            Assert.That(vectors, Has.All.EqualTo(mean));
        }

        await Task.WhenAll(members.Select(member => member.FinishAsync(CancellationToken.None)));
    }

    [Test]
    public async Task A_dead_worker_is_noticed_by_rank_0_and_rank_0_tells_the_others()
    {
        await using var group = new Group(3, 4);
        var members = await group.CompleteAsync();
        var surviving = members[2].AverageAsync(new double[4], CancellationToken.None);

        await members[1].DisposeAsync();
        var failure = await Failure.OfAsync(() => members[0].AverageAsync(new double[4], CancellationToken.None));
        await members[0].AbortAsync(failure.Message);

        Assert.That(failure.Message, Does.Contain("rank 1").And.Contain("closed the connection").Or.Contain("broke"));
        Assert.That(failure.ExitCode, Is.EqualTo(AgentFailure.Retryable));
        var told = await Failure.OfAsync(() => surviving);
        Assert.That(told.Message, Does.Contain("rank 0").And.Contain("stopped the training").And.Contain("rank 1"));
        Assert.That(told.ExitCode, Is.EqualTo(AgentFailure.Retryable));
    }

    [Test]
    public async Task A_dead_rank_0_is_noticed_by_the_workers()
    {
        await using var group = new Group(2, 4);
        var members = await group.CompleteAsync();
        var waiting = members[1].AverageAsync(new double[4], CancellationToken.None);

        await members[0].DisposeAsync();

        await Assert.ThatAsync(() => waiting, Throws.TypeOf<AgentFailure>().With.Message.Contain("rank 0").And.Property("ExitCode").EqualTo(AgentFailure.Retryable));
    }

    [Test]
    public async Task A_silent_worker_is_given_up_after_the_peer_timeout()
    {
        await using var group = new Group(2, 4) { Timeouts = new GroupTimeouts(TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(200), TimeProvider.System) };
        var members = await group.CompleteAsync();

        await Assert.ThatAsync(
            () => members[0].AverageAsync(new double[4], CancellationToken.None),
            Throws.TypeOf<AgentFailure>().With.Property("Reason").EqualTo("PeerTimeout").And.Message.Contain("rank 1").And.Message.Contain("0.2 s"));
    }

    [TestCase(7u, 4, "is in round 7, this worker in round 1")]
    [TestCase(1u, 5, "sent 44 bytes of parameters where 36 were expected")]
    public async Task A_vector_of_another_round_or_length_is_an_error(uint round, int length, string expected)
    {
        await using var group = new Group(2, 4);
        var (coordinator, worker) = await WithBareWorkerAsync(group);
        await using var stream = new NetworkStream(worker, ownsSocket: true);
        var payload = new byte[sizeof(uint) + (length * sizeof(double))];
        BitConverter.TryWriteBytes(payload, round);
        await new Frame(FrameKind.Vector, payload).WriteAsync(stream, CancellationToken.None);

        var failure = await Failure.OfAsync(() => coordinator.AverageAsync(new double[4], CancellationToken.None));

        Assert.That(failure.Message, Does.Contain(expected));
    }

    [Test]
    public async Task Whatever_a_worker_sends_instead_of_its_parameters_is_one_clear_failure()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var i = 0; i < 200; i++)
        {
            await using var group = new Group(2, 4);
            var (coordinator, worker) = await WithBareWorkerAsync(group);
            var garbage = new byte[random.Next(1, 60)];
            random.NextBytes(garbage);
            if (random.Next(2) == 0)
            {
                // A plausible length, so that what follows it is looked at too.
                BitConverter.TryWriteBytes(garbage, random.Next(50));
            }

            await worker.SendAsync(garbage);
            worker.Close();

            var failure = await Failure.OfAsync(() => coordinator.AverageAsync(new double[4], CancellationToken.None));

            Assert.That(failure.Message, Does.Contain("rank 1"), $"seed {seed}");
        }
    }

    [Test]
    public async Task Strangers_on_the_port_are_refused_and_disturb_nobody()
    {
        await using var group = new Group(2, 4);
        var gathering = group.GatherAsync();
        using var silent = await group.StrangerAsync();
        using var http = await group.StrangerAsync();
        await http.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        using var gone = await group.StrangerAsync();
        gone.Close();

        var worker = await group.JoinAsync(1);
        var coordinator = await gathering;

        await Task.WhenAll(coordinator.FinishAsync(CancellationToken.None), worker.FinishAsync(CancellationToken.None));
    }

    [Test]
    public async Task A_restarted_worker_takes_the_place_of_its_former_connection()
    {
        await using var group = new Group(3, 4);
        var gathering = group.GatherAsync();
        using (var former = await group.StrangerAsync())
        {
            await using var stream = new NetworkStream(former);
            await group.Hello(1).ToFrame().WriteAsync(stream, CancellationToken.None);
        }

        // Rank 2 comes last, so that the group is not complete while rank 1 still has its former connection.
        var first = group.JoinAsync(1);
        await group.SaidAsync("rank 1 joined", 2);
        var workers = await Task.WhenAll(first, group.JoinAsync(2));
        var coordinator = await gathering;

        var vectors = new[] { new double[] { 3, 0, 0, 0 }, [0, 3, 0, 0], [0, 0, 3, 0] };
        await Task.WhenAll(
            coordinator.AverageAsync(vectors[0], CancellationToken.None),
            workers[0].AverageAsync(vectors[1], CancellationToken.None),
            workers[1].AverageAsync(vectors[2], CancellationToken.None));
        Assert.That(vectors, Has.All.EqualTo((double[])[1, 1, 1, 0]));
    }

    [TestCase(3, 4, 0, "WORLD_SIZE 3")]
    [TestCase(2, 5, 0, "another shape")]
    [TestCase(2, 4, 1, "other data or options")]
    public async Task A_worker_that_does_not_fit_is_told_why(int worldSize, int vectorLength, byte fingerprint, string expected)
    {
        await using var group = new Group(2, 4);
        using var stop = new CancellationTokenSource();
        var gathering = group.GatherAsync(stop.Token);
        var print = new byte[32];
        print[0] = fingerprint;

        var failure = await Failure.OfAsync(() => group.JoinAsync(1, new Hello(1, worldSize, vectorLength, print)));
        await stop.CancelAsync();

        Assert.That(failure.Message, Does.Contain(expected));
        Assert.That(failure.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        await Assert.ThatAsync(() => gathering, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Who_did_not_join_in_time_is_named()
    {
        await using var group = new Group(3, 4) { Timeouts = new GroupTimeouts(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(20), TimeProvider.System) };
        var gathering = group.GatherAsync();
        using var first = await group.StrangerAsync();
        await using var stream = new NetworkStream(first);
        await group.Hello(1).ToFrame().WriteAsync(stream, CancellationToken.None);

        var failure = await Failure.OfAsync(() => gathering);

        Assert.That(failure.Message, Does.Contain("rank 2 of 3 did not join within 0.3 s"));
        Assert.That(failure.ExitCode, Is.EqualTo(AgentFailure.Retryable));
    }

    [Test]
    public async Task A_name_that_never_resolves_is_given_up_after_the_rendezvous_timeout()
    {
        var environment = new RankEnvironment("no-such-host.invalid", 29500, 2, 1);
        var timeouts = new GroupTimeouts(TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(1), TimeProvider.System) { Retry = TimeSpan.FromMilliseconds(20) };

        var failure = await Failure.OfAsync(
            () => WorkerGroup.JoinAsync(environment, new Hello(1, 2, 1, new byte[32]), timeouts, _ => { }, CancellationToken.None));

        Assert.That(failure.Message, Does.Contain("no-such-host.invalid:29500").And.Contain("--rendezvous-timeout"));
        Assert.That(failure.ExitCode, Is.EqualTo(AgentFailure.Retryable));
    }

    // A group whose rank 1 is a bare socket that has been welcomed.
    private static async Task<(IParameterGroup Coordinator, Socket Worker)> WithBareWorkerAsync(Group group)
    {
        var gathering = group.GatherAsync();
        var worker = await group.StrangerAsync();
        await using var stream = new NetworkStream(worker);
        await group.Hello(1).ToFrame().WriteAsync(stream, CancellationToken.None);
        var welcome = await Frame.ReadAsync(stream, 0, CancellationToken.None);
        Assert.That(welcome.Kind, Is.EqualTo(FrameKind.Welcome));
        return (await gathering, worker);
    }
}
