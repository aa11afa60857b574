using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests;

public sealed class WorkQueueTests
{
    ManualTimeProvider _time = null!;
    WorkQueue<string> _queue = null!;

    [SetUp]
    public void Create_queue()
    {
        _time = new ManualTimeProvider();
        _queue = new WorkQueue<string>("test", _time);
    }

    [TearDown]
    public void Dispose_queue() => _queue.Dispose();

    [Test]
    public void A_key_added_twice_is_handed_out_once()
    {
        _queue.Add("a");
        _queue.Add("a");

        Assert.That(Take(), Is.EqualTo("a"));
        Assert.That(Take(), Is.Null);
    }

    [Test]
    public void A_key_added_while_it_is_processed_comes_back_after_it_is_done()
    {
        _queue.Add("a");
        Take();
        _queue.Add("a");
        Assert.That(Take(), Is.Null);

        _queue.Done("a");

        Assert.That(Take(), Is.EqualTo("a"));
        _queue.Done("a");
        Assert.That(Take(), Is.Null);
    }

    [Test]
    public void A_higher_priority_goes_first_and_equal_ones_in_order_of_arrival()
    {
        _queue.Add("initial 1", WorkPriority.Initial);
        _queue.Add("initial 2", WorkPriority.Initial);
        _queue.Add("live 1");
        _queue.Add("live 2");
        _queue.Add("initial 2");

        Assert.That(TakeAll(), Is.EqualTo(new[] { "live 1", "live 2", "initial 2", "initial 1" }).Or.EqualTo(new[] { "initial 2", "live 1", "live 2", "initial 1" }));
    }

    [Test]
    public void The_earlier_time_wins_whichever_comes_first()
    {
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(5));
        _queue.AddAfter("a", TimeSpan.FromSeconds(20));
        _queue.AddAfter("b", TimeSpan.FromSeconds(20));

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.That(Take(), Is.Null);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(TakeAll(), Is.EqualTo(new[] { "a" }));
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.That(TakeAll(), Is.EqualTo(new[] { "b" }));
        Assert.That(_queue.WaitingCount, Is.Zero);
    }

    [Test]
    public void A_time_asked_for_while_processing_counts_from_then()
    {
        _queue.Add("a");
        Take();
        _queue.AddAfter("a", TimeSpan.FromSeconds(10));
        _queue.AddAfter("a", TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.That(Take(), Is.Null);

        _queue.Done("a");

        Assert.That(Take(), Is.EqualTo("a"));
    }

    [Test]
    public void An_immediate_add_overtakes_a_waiting_one()
    {
        _queue.AddAfter("a", TimeSpan.FromHours(1));
        _queue.Add("a");

        Assert.That(Take(), Is.EqualTo("a"));
        Assert.That(_queue.WaitingCount, Is.Zero);
    }

    [Test]
    public void Failures_wait_twice_as_long_each_time_until_forgotten()
    {
        using var queue = new WorkQueue<string>("backoff", _time, new Backoff(TimeSpan.FromMilliseconds(5), TimeSpan.FromSeconds(1000), 0));

        Assert.That(queue.AddRateLimited("a").TotalMilliseconds, Is.EqualTo(5));
        Assert.That(queue.AddRateLimited("a").TotalMilliseconds, Is.EqualTo(10));
        Assert.That(queue.AddRateLimited("b").TotalMilliseconds, Is.EqualTo(5));
        for (var i = 0; i < 100; i++)
            queue.AddRateLimited("a");
        Assert.That(queue.AddRateLimited("a").TotalSeconds, Is.EqualTo(1000));
        queue.Forget("a");
        Assert.That(queue.AddRateLimited("a").TotalMilliseconds, Is.EqualTo(5));
    }

    [Test]
    public void Jitter_only_lengthens_a_wait()
    {
        var backoff = new Backoff(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 1.0);
        var waits = Enumerable.Range(0, 1000).Select(_ => backoff.After(2).TotalSeconds).ToList();

        Assert.That(waits, Is.All.InRange(4.0, 8.0));
        Assert.That(waits.Distinct().Count(), Is.GreaterThan(900));
    }

    [Test]
    public async Task A_waiting_taker_gets_a_key_when_its_time_comes()
    {
        var take = _queue.GetAsync().AsTask();
        _queue.AddAfter("a", TimeSpan.FromSeconds(1));
        Assert.That(take.IsCompleted, Is.False);

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.That((await take)!.Value.Key, Is.EqualTo("a"));
    }

    [Test]
    public async Task Shutting_down_hands_nothing_more_out_and_waits_for_what_is_processed()
    {
        _queue.Add("a");
        _queue.Add("b");
        _queue.AddAfter("c", TimeSpan.FromSeconds(1));
        Take();

        var drained = _queue.ShutDownAsync();

        Assert.That(await _queue.GetAsync(), Is.Null);
        Assert.That(drained.IsCompleted, Is.False);
        _queue.Add("a");
        _queue.Done("a");
        await drained;
        Assert.That(await _queue.GetAsync(), Is.Null);
    }

    [Test]
    public async Task Many_workers_never_hold_one_key_at_once_and_miss_none()
    {
        using var queue = new WorkQueue<int>("parallel");
        var running = new int[20];
        var runs = new int[20];
        var added = new int[20];
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            while (await queue.GetAsync() is { } item)
            {
                Assert.That(Interlocked.Increment(ref running[item.Key]), Is.EqualTo(1));
                Volatile.Write(ref runs[item.Key], Volatile.Read(ref added[item.Key]));
                await Task.Yield();
                Interlocked.Decrement(ref running[item.Key]);
                queue.Done(item.Key);
            }
        })).ToList();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(seed => Task.Run(() =>
        {
            var random = new Random(seed);
            for (var i = 0; i < 20_000; i++)
            {
                var key = random.Next(20);
                Interlocked.Increment(ref added[key]);
                queue.Add(key);
            }
        })));
        await Eventually.True(() => queue.Count == 0 && running.Sum() == 0 && runs.SequenceEqual(added), "every key processed after its last add");

        await queue.ShutDownAsync();
        await Task.WhenAll(workers);
    }

    string? Take() => _queue.TryGet(out var item) ? item.Value.Key : null;

    List<string> TakeAll()
    {
        var all = new List<string>();
        while (Take() is { } key)
            all.Add(key);
        return all;
    }

    [Test]
    public async Task A_taker_that_waits_wakes_when_the_queue_shuts_down()
    {
        using var queue = new WorkQueue<string>("ending");
        var takers = Enumerable.Range(0, 3).Select(_ => queue.GetAsync().AsTask()).ToList();

        await queue.ShutDownAsync();

        Assert.That(await Task.WhenAll(takers), Is.All.Null);
        Assert.That(await queue.GetAsync(), Is.Null);
    }

    [Test]
    public async Task A_taker_that_is_cancelled_takes_no_key_with_it()
    {
        for (var i = 0; i < 2000; i++)
        {
            using var queue = new WorkQueue<int>("cancelled");
            using var stop = new CancellationTokenSource();
            var first = queue.GetAsync(stop.Token).AsTask();
            var adding = Task.Run(() => queue.Add(i));
            await stop.CancelAsync();
            await adding;
            var taken = await first.ContinueWith(task => task.IsCompletedSuccessfully ? task.Result : null, TaskScheduler.Default);

            Assert.That(taken?.Key ?? (await queue.GetAsync())?.Key, Is.EqualTo(i), "it was given to one, or is still there");
        }
    }

    [Test]
    public void A_higher_priority_goes_before_an_earlier_time()
    {
        var time = new Testing.ManualTimeProvider();
        using var queue = new WorkQueue<string>("priorities", time);
        queue.AddAfter("early", TimeSpan.FromSeconds(1), WorkPriority.Initial);
        queue.AddAfter("late", TimeSpan.FromSeconds(5), WorkPriority.Live);
        time.Advance(TimeSpan.FromSeconds(6));

        Assert.That(queue.TryGet(out var first) ? first.Value.Key : null, Is.EqualTo("late"));
        Assert.That(queue.TryGet(out var second) ? second.Value.Key : null, Is.EqualTo("early"));
    }

    [Test]
    public void A_key_that_comes_and_goes_allocates_nothing()
    {
        using var queue = new WorkQueue<ObjectKey>("allocation");
        var key = new ObjectKey("ns", "a");
        Cycle(1000);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Cycle(1000);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(72 * 1000));

        void Cycle(int count)
        {
            for (var i = 0; i < count; i++)
            {
                queue.Add(key);
                queue.TryGet(out _);
                queue.Forget(key);
                queue.Done(key);
            }
        }
    }
}
