using EnterpriseAI.ModelServer.Inference;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.ModelServer.Tests;

public class BatchQueueTests
{
    private const int MaxRows = 8;
    private const long Delay = 10;

    private sealed record Request(int Number, int Kind, int Rows);

    private static BatchQueue<Request> Queue(int maxRows = MaxRows, long delay = Delay) => new(maxRows, delay, static (one, other) => one.Kind == other.Kind);

    private static int[] Take(BatchQueue<Request> queue, long now, bool atOnce = false)
    {
        var batch = new List<Request>();
        queue.TryTake(now, batch, atOnce);
        return [.. batch.Select(static request => request.Number)];
    }

    [Test]
    public void A_request_waits_for_company_until_its_time_is_over()
    {
        var queue = Queue();
        queue.Add(new Request(0, 0, 1), 1, now: 0);
        queue.Add(new Request(1, 0, 1), 1, now: 4);
        Assert.That(Take(queue, 9), Is.Empty);
        Assert.That(queue.NextDue, Is.EqualTo(10));
        Assert.That(Take(queue, 10), Is.EqualTo(new[] { 0, 1 }));
        Assert.That(queue.NextDue, Is.Null);
    }

    [Test]
    public void A_full_batch_does_not_wait()
    {
        var queue = Queue();
        queue.Add(new Request(0, 0, 5), 5, now: 0);
        Assert.That(Take(queue, 1), Is.Empty);
        queue.Add(new Request(1, 0, 4), 4, now: 1);
        Assert.That(queue.NextDue, Is.LessThanOrEqualTo(1));
        Assert.That(Take(queue, 1), Is.EqualTo(new[] { 0 }), "5 rows and 4 are more than 8");
        Assert.That(Take(queue, 1), Is.Empty);
        Assert.That(Take(queue, 1, atOnce: true), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Another_kind_forms_another_batch_and_the_older_one_goes_first()
    {
        var queue = Queue();
        queue.Add(new Request(0, 0, 1), 1, now: 0);
        queue.Add(new Request(1, 1, 1), 1, now: 1);
        queue.Add(new Request(2, 0, 1), 1, now: 2);
        Assert.That(Take(queue, 20), Is.EqualTo(new[] { 0, 2 }));
        Assert.That(Take(queue, 20), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void What_cannot_share_a_batch_runs_alone_and_at_once()
    {
        var queue = Queue();
        queue.Add(new Request(0, 0, 0), 0, now: 0);
        queue.Add(new Request(1, 0, 0), 0, now: 0);
        queue.Add(new Request(2, 0, 9), 9, now: 0);
        Assert.That(new[] { Take(queue, 0), Take(queue, 0), Take(queue, 0) }, Is.EqualTo(new[] { new[] { 0 }, [1], [2] }));
    }

    [Test]
    public void More_kinds_than_are_told_apart_run_alone()
    {
        var queue = Queue();
        for (var kind = 0; kind <= BatchQueue<Request>.MaxKinds; kind++)
            queue.Add(new Request(kind, kind, 1), 1, now: 0);
        Assert.That(Take(queue, 1), Is.EqualTo(new[] { BatchQueue<Request>.MaxKinds }));
        Assert.That(Take(queue, 1), Is.Empty);
    }

    [Test]
    public void A_place_is_removed_once()
    {
        var queue = Queue();
        var place = queue.Add(new Request(0, 0, 1), 1, now: 0);
        queue.Remove(place);
        Assert.Throws<InvalidOperationException>(() => queue.Remove(place));
        Assert.That((queue.Count, Take(queue, 100).Length), Is.EqualTo((0, 0)));
    }

    /// <summary>Whatever comes, is cancelled or gets old in whatever order, against a plain list that is searched from its beginning.</summary>
    [Test]
    public void Every_request_runs_exactly_once_in_order_and_in_batches_that_are_due()
    {
        var step = Gen.OneOf(
            Gen.Choose(0, 4).SelectMany(static kind => Gen.Choose(0, MaxRows + 1), static (kind, rows) => (Operation: 'a', kind, rows)),
            Gen.Choose(0, 40).Select(static index => (Operation: 'c', index, 0)),
            Gen.Choose(1, 12).Select(static time => (Operation: 'w', time, 0)),
            Gen.Constant((Operation: 't', 0, 0)),
            Gen.Choose(0, 3).Select(static time => (Operation: 'o', time, 0)));
        var property = Prop.ForAll(Gen.ListOf(step).ToArbitrary(), static steps =>
        {
            Run([.. steps]);
            return true;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2_000).WithEndSize(150), property);
    }

    private static void Run((char Operation, int First, int Second)[] steps)
    {
        var queue = Queue();
        var waiting = new List<(Request Request, long Added, BatchQueue<Request>.Place Place)>();
        var finished = new HashSet<int>();
        long now = 0;
        var number = 0;
        foreach (var (operation, first, second) in steps)
        {
            switch (operation)
            {
                case 'a':
                    var request = new Request(number++, first, second);
                    waiting.Add((request, now, queue.Add(request, second, now)));
                    break;
                case 'c' when first < waiting.Count:
                    queue.Remove(waiting[first].Place);
                    waiting.RemoveAt(first);
                    break;
                case 'w':
                    now += first;
                    break;
                case 't':
                    TakeOne(atOnce: false);
                    break;
                case 'o':
                    var old = new List<Request>();
                    queue.TakeAddedUntil(now - first * Delay, old);
                    Require(old.Select(static r => r.Number).Order().SequenceEqual(waiting.Where(w => w.Added <= now - first * Delay).Select(static w => w.Request.Number)), "others were taken as too old");
                    waiting.RemoveAll(w => old.Contains(w.Request));
                    break;
            }
            Require(queue.Count == waiting.Count, "the count is wrong");
            Require(queue.OldestAdded == (waiting.Count == 0 ? null : waiting[0].Added), "the oldest is another");
        }
        now += Delay;
        while (waiting.Count > 0)
            Require(TakeOne(atOnce: false), "a request was never due");

        bool TakeOne(bool atOnce)
        {
            var due = queue.NextDue;
            var batch = new List<Request>();
            var taken = queue.TryTake(now, batch, atOnce);
            Require(taken == (due <= now), "what was due was not taken, or the other way round");
            if (!taken)
                return false;
            Require(batch.All(request => finished.Add(request.Number)), "a request ran twice");
            Require(batch.All(request => waiting.Exists(w => w.Request == request)), "a cancelled request ran");
            var kind = batch[0].Kind;
            var shared = batch[0].Rows is > 0 and < MaxRows;
            Require(batch.Count == 1 || shared && batch.All(r => r.Kind == kind), "requests of two kinds share a batch");
            Require(batch.Count == 1 || batch.Sum(static r => r.Rows) <= MaxRows, "the batch is too large");
            // The same from its definition: those of the kind in order, as many as fit.
            var line = shared ? waiting.Where(w => w.Request.Kind == kind && w.Request.Rows is > 0 and < MaxRows).ToList() : [waiting.First(w => w.Request.Rows is 0 or >= MaxRows)];
            var rows = 0;
            var expected = line.TakeWhile(w => (rows += w.Request.Rows) <= MaxRows || w.Request == line[0].Request).Select(static w => w.Request);
            Require(batch.SequenceEqual(expected), "the batch is not the first of its kind in order");
            Require(!shared || now - line[0].Added >= Delay || line.Sum(static w => w.Request.Rows) >= MaxRows, "the batch was not due");
            waiting.RemoveAll(w => batch.Contains(w.Request));
            return true;
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
            throw new InvalidOperationException(otherwise);
    }
}
