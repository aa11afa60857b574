using System.Net;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests;

public sealed class LeaderElectorTests
{
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(200);

    readonly ManualTimeProvider _time = new();
    FakeApiServer _server = null!;

    [SetUp]
    public void Create_server() => _server = new FakeApiServer { Time = _time };

    [TearDown]
    public void Dispose_server() => _server.Dispose();

    [Test]
    public async Task One_leads_and_the_other_takes_over_soon_after_a_release()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var b = new Candidate(this, "b");
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(Step);
            await Task.Delay(1);
        }

        Assert.That((a.Leads, b.Leads, b.Elector.Leader), Is.EqualTo((true, false, "a")));
        var before = _time.GetUtcNow();
        await a.StopAsync();
        Assert.That(Lease()!.Spec!.HolderIdentity, Is.Not.EqualTo("a"));
        await _time.AdvanceUntilAsync(() => b.Leads, Step, "b leads");
        Assert.That(_time.GetUtcNow() - before, Is.LessThan(TimeSpan.FromSeconds(5.5)));
        Assert.That(Lease()!.Spec!.LeaseTransitions, Is.EqualTo(1));
        await b.StopAsync();
    }

    [Test]
    public async Task Who_waits_watches_the_lease_and_takes_it_the_moment_it_is_released()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var b = new Candidate(this, "b");
        await Eventually.True(() => _server.OpenWatches == 1, "b watches");
        var reads = Reads();
        // Past several renewals, of which b hears without asking.
        for (var i = 0; i < 60; i++)
        {
            _time.Advance(Step);
            await Task.Delay(2);
        }

        Assert.That((b.Leads, Reads()), Is.EqualTo((false, reads)), "it neither leads nor asks");
        await a.StopAsync();

        // The clock stands still: no timer brings b to it.
        await Eventually.True(() => b.Leads, "b leads");
        await b.StopAsync();

        int Reads() => _server.Requests.Count(request => request.Method == "GET");
    }

    [Test]
    public async Task Who_may_not_watch_the_lease_reads_it_again_after_a_while()
    {
        _server.Fault = request => request.Query.Contains("watch=true") ? FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden") : null;
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var b = new Candidate(this, "b");
        await Eventually.True(() => b.Elector.Leader == "a", "b knows");
        var before = _time.GetUtcNow();
        await a.StopAsync();

        await _time.AdvanceUntilAsync(() => b.Leads, Step, "b leads");

        Assert.That(_time.GetUtcNow() - before, Is.LessThan(TimeSpan.FromSeconds(10)));
        await b.StopAsync();
    }

    [Test]
    public async Task A_watch_of_the_lease_that_hangs_leads_to_no_second_leader()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        using var held = _server.HoldWatches();
        var b = new Candidate(this, "b");
        await Eventually.True(() => _server.OpenWatches == 1, "b watches, and hears nothing");

        for (var i = 0; i < 200; i++)
        {
            _time.Advance(Step);
            await Task.Delay(1);
            Assert.That(a.Elector.IsLeader && b.Elector.IsLeader, Is.False);
        }

        await a.StopAsync();
        await b.StopAsync();
    }

    [Test]
    public async Task A_lease_that_somebody_deleted_leads_to_no_second_leader()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var b = new Candidate(this, "b");
        await Eventually.True(() => _server.OpenWatches == 1, "b watches");
        _server.Remove(CoreResources.Leases, "sys", "op");

        for (var i = 0; i < 200; i++)
        {
            await Task.Delay(1);
            Assert.That(a.Elector.IsLeader && b.Elector.IsLeader, Is.False, $"{i} steps after the deletion");
            _time.Advance(Step);
        }

        await a.StopAsync();
        await b.StopAsync();
    }

    [Test]
    public async Task A_leader_that_vanished_is_replaced_after_the_lease_duration_seen_by_the_other()
    {
        _server.Put(CoreResources.Leases, new V1Lease
        {
            Metadata = new V1ObjectMeta { Namespace = "sys", Name = "op" },
            // A clock that is far behind: only what this process saw itself counts.
            Spec = new V1LeaseSpec { HolderIdentity = "dead", LeaseDurationSeconds = 15, RenewTime = _time.GetUtcNow().AddYears(-1) },
        });
        var started = _time.GetUtcNow();
        var b = new Candidate(this, "b");

        await _time.AdvanceUntilAsync(() => b.Leads, Step, "b leads");

        Assert.That(_time.GetUtcNow() - started, Is.InRange(TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(21)));
        await b.StopAsync();
    }

    [Test]
    public async Task A_lost_lease_stops_every_write_before_anybody_else_may_take_it()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var lastRenewal = _time.GetUtcNow();
        _server.Fault = request => request.Path.Contains("leases") ? FakeApiServer.Failure(HttpStatusCode.InternalServerError, "InternalError") : null;

        await _time.AdvanceUntilAsync(() => !a.Leads, Step, "a stopped");

        Assert.That(_time.GetUtcNow() - lastRenewal, Is.LessThan(TimeSpan.FromSeconds(15)));
        Assert.That(a.Elector.IsLeader, Is.False);
        Assert.That(async () => await a.Elector.GuardAsync(CancellationToken.None), Throws.TypeOf<NotLeaderException>());
        _server.Fault = null;
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a stands for election again");
        Assert.That(a.Terms, Is.EqualTo(2));
        await a.StopAsync();
    }

    [Test]
    public async Task A_process_that_was_frozen_past_its_lease_writes_nothing_when_it_wakes()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        using var client = _server.Client(_time);
        var writer = client.WithWriteGuard(a.Elector.GuardAsync);
        await writer.ApplyAsync(CoreResources.ConfigMaps, TestObjects.Map("before"), "me");

        // The clock jumps as it does for a process that was stopped: no timer has run yet when the writer looks.
        _time.Jump(TimeSpan.FromSeconds(20));

        Assert.That(async () => await writer.ApplyAsync(CoreResources.ConfigMaps, TestObjects.Map("after"), "me"), Throws.TypeOf<NotLeaderException>());
        Assert.That(_server.Stored(CoreResources.ConfigMaps, "ns", "after"), Is.Null);
        await a.StopAsync();
    }

    [Test]
    public async Task A_lease_taken_by_somebody_else_is_lost_at_once()
    {
        var a = new Candidate(this, "a");
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        var lease = Lease()!;

        _server.Put(CoreResources.Leases, lease with { Spec = lease.Spec! with { HolderIdentity = "thief" } });
        var before = _time.GetUtcNow();
        await _time.AdvanceUntilAsync(() => !a.Leads, Step, "a stopped");

        Assert.That(_time.GetUtcNow() - before, Is.LessThan(TimeSpan.FromSeconds(5)));
        await a.StopAsync();
        Assert.That(Lease()!.Spec!.HolderIdentity, Is.EqualTo("thief"));
    }

    [Test]
    public async Task The_lease_is_released_only_after_the_guarded_work_has_ended()
    {
        var finish = new TaskCompletionSource();
        var a = new Candidate(this, "a", async token =>
        {
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await finish.Task;
        });
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");

        var stopping = a.StopAsync();
        for (var i = 0; i < 150; i++)
        {
            _time.Advance(Step);
            await Task.Delay(1);
        }

        Assert.That(Lease()!.Spec!.HolderIdentity, Is.EqualTo("a"), "still held, and still renewed");
        Assert.That(_time.GetUtcNow() - Lease()!.Spec!.RenewTime, Is.LessThan(TimeSpan.FromSeconds(15)));
        finish.SetResult();
        await stopping;
        Assert.That(Lease()!.Spec!.HolderIdentity, Is.Empty);
    }

    [Test]
    public async Task Work_that_goes_on_after_a_loss_fails_the_elector()
    {
        var finish = new TaskCompletionSource();
        var a = new Candidate(this, "a", _ => finish.Task);
        await _time.AdvanceUntilAsync(() => a.Leads, Step, "a leads");
        _server.Fault = request => request.Path.Contains("leases") ? FakeApiServer.Failure(HttpStatusCode.InternalServerError, "InternalError") : null;

        await _time.AdvanceUntilAsync(() => a.Run.IsCompleted, Step, "the elector fails");

        Assert.That(async () => await a.Run, Throws.TypeOf<TimeoutException>().With.Message.Contains("sys/op"));
        finish.SetResult();
    }

    [Test]
    public async Task A_failure_of_the_guarded_work_is_thrown_and_the_lease_released()
    {
        var a = new Candidate(this, "a", _ => throw new InvalidOperationException("bug"));

        await _time.AdvanceUntilAsync(() => a.Run.IsCompleted, Step, "the end");

        Assert.That(async () => await a.Run, Throws.InvalidOperationException);
        Assert.That(Lease()!.Spec!.HolderIdentity, Is.Empty);
    }

    [Test]
    public async Task At_no_time_do_two_lead_whatever_the_server_does()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var gate = new Lock();
        _server.Fault = _ =>
        {
            lock (gate)
            {
                return random.Next(100) switch
                {
                    < 20 => throw new HttpRequestException("refused"),
                    < 30 => FakeApiServer.Failure(HttpStatusCode.InternalServerError, "InternalError"),
                    _ => null,
                };
            }
        };
        var candidates = Enumerable.Range(0, 3).Select(i => new Candidate(this, $"c{i}")).ToList();
        for (var i = 0; i < 1500; i++)
        {
            _time.Advance(Step);
            if (i % 3 == 0)
                await Task.Delay(1);
            Assert.That(candidates.Count(candidate => candidate.Elector.IsLeader), Is.LessThanOrEqualTo(1), $"step {i}");
        }

        _server.Fault = null;
        await Task.WhenAll(candidates.Select(candidate => candidate.StopAsync()));
    }

    [Test]
    public void Times_that_do_not_fit_are_refused()
    {
        using var client = _server.Client();
        var options = new LeaderElectionOptions { Namespace = "n", Name = "l", Identity = "i" };

        Assert.That(() => new LeaderElector(client, options with { LeaseDuration = TimeSpan.FromSeconds(10) }), Throws.ArgumentException.With.Message.Contains("lease duration"));
        Assert.That(() => new LeaderElector(client, options with { RetryPeriod = TimeSpan.FromSeconds(9) }), Throws.ArgumentException.With.Message.Contains("renew deadline"));
        Assert.That(() => new LeaderElector(client, options with { Identity = "" }), Throws.ArgumentException.With.Message.Contains("identity"));
    }

    V1Lease? Lease() => _server.Stored(CoreResources.Leases, "sys", "op") is { } node
        ? System.Text.Json.JsonSerializer.Deserialize(node, CoreResources.Leases.TypeInfo)
        : null;

    sealed class Candidate
    {
        readonly CancellationTokenSource _stop = new();
        readonly KubernetesClient _client;
        volatile bool _leads;

        public Candidate(LeaderElectorTests test, string name, Func<CancellationToken, Task>? work = null)
        {
            _client = test._server.Client(test._time);
            Elector = new LeaderElector(
                _client, new LeaderElectionOptions { Namespace = "sys", Name = "op", Identity = name }, time: test._time, random: new Random(name[0]));
            Run = Elector.RunAsync(
                async token =>
                {
                    Terms++;
                    _leads = true;
                    try
                    {
                        await (work?.Invoke(token) ?? Task.Delay(Timeout.Infinite, token));
                    }
                    finally
                    {
                        _leads = false;
                    }
                },
                _stop.Token);
        }

        public LeaderElector Elector { get; }

        public Task Run { get; }

        public bool Leads => _leads;

        public int Terms { get; private set; }

        public async Task StopAsync()
        {
            await _stop.CancelAsync();
            await Run;
            _client.Dispose();
            _stop.Dispose();
        }
    }
}
