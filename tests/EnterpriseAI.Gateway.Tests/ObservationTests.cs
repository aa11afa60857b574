using EnterpriseAI.Gateway.Observations;
using EnterpriseAI.Gateway.Routing;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class ObservationTests
{
    private static readonly RevisionRoute A = Routes.Revision("a", 95, Routes.Address(1));
    private static readonly RevisionRoute B = Routes.Revision("b", 5, Routes.Address(2));

    [Test]
    public void Requests_are_counted_under_the_weight_the_candidate_had()
    {
        var store = new ObservationStore();
        Record(store.Bind(Table(A, B))[0].Stable!, RequestOutcome.Answered, 3);
        Record(store.Bind(Table(A with { Weight = 75 }, B with { Weight = 25 }))[0].Candidate!, RequestOutcome.Failed, 2);

        Assert.That(Counts(store), Is.EqualTo("a:5=3/0,25=0/0 b:5=0/0,25=2/2"));
    }

    [Test]
    public void Another_candidate_starts_all_counters_again_and_the_end_of_one_does_not()
    {
        var store = new ObservationStore();
        var service = store.Bind(Table(A, B))[0];
        Record(service.Stable!, RequestOutcome.Answered, 4);
        Record(service.Candidate!, RequestOutcome.Failed, 2);
        store.Bind(Table(A with { Weight = 100 }, null));
        var afterRollback = Counts(store);
        store.Bind(Table(A, B));
        var sameAgain = Counts(store);
        store.Bind(Table(A, B with { Name = "c" }));

        Assert.Multiple(() =>
        {
            Assert.That(afterRollback, Is.EqualTo("a:0=0/0,5=4/0 b:5=2/2"));
            Assert.That(sameAgain, Is.EqualTo(afterRollback));
            Assert.That(Counts(store), Is.EqualTo("a:5=0/0 c:5=0/0"));
        });
    }

    [Test]
    public void A_promoted_candidate_keeps_its_counters()
    {
        var store = new ObservationStore();
        Record(store.Bind(Table(A, B))[0].Candidate!, RequestOutcome.Answered, 7);
        store.Bind(Table(B with { Weight = 100 }, null));
        var report = store.Report("i").Services[0].Revisions;

        Assert.Multiple(() =>
        {
            Assert.That(Counts(store), Is.EqualTo("a:5=0/0 b:0=0/0,5=7/0"));
            Assert.That(report.Select(r => (r.Name, r.Role, r.Weight)), Is.EqualTo(new[] { ("a", RevisionRole.Stable, 0), ("b", RevisionRole.Stable, 100) }));
        });
    }

    [Test]
    public void While_the_candidate_has_no_endpoint_requests_count_as_if_there_were_none()
    {
        var store = new ObservationStore();
        Record(store.Bind(Table(A, B with { Endpoints = [] }))[0].Stable!, RequestOutcome.Failed, 2);

        Assert.That(Counts(store), Is.EqualTo("a:0=2/2 b:0=0/0"));
    }

    [Test]
    public void Requests_in_flight_survive_a_new_table_and_a_new_candidate()
    {
        var store = new ObservationStore();
        var before = store.Bind(Table(A, B))[0];
        before.Stable!.Observations.Enter();
        before.Stable.Endpoints[0].Enter();
        var after = store.Bind(Table(A, B with { Name = "c" }))[0];
        var (revision, endpoint) = (after.Stable!.Observations.InFlight, after.Stable.Endpoints[0].InFlight);
        before.Stable.Observations.Exit();

        Assert.Multiple(() =>
        {
            Assert.That((revision, endpoint), Is.EqualTo((1, 1)));
            Assert.That(after.Stable.Observations.InFlight, Is.Zero);
        });
    }

    [Test]
    public void Abandoned_requests_are_neither_errors_nor_latencies()
    {
        var window = new ObservationWindow();
        window.Record(RequestOutcome.Abandoned, TimeSpan.FromSeconds(1));
        window.Record(RequestOutcome.Failed, TimeSpan.FromSeconds(1));
        window.Record(RequestOutcome.Answered, TimeSpan.FromSeconds(1));

        Assert.That((window.Requests, window.Errors, window.Latency.Sum()), Is.EqualTo((3L, 1L, 1L)));
    }

    [Test]
    public void A_service_that_is_gone_is_forgotten()
    {
        var store = new ObservationStore();
        Record(store.Bind(Table(A, B))[0].Stable!, RequestOutcome.Answered, 1);
        store.Bind(RouteTable.Empty);

        Assert.That(store.Report("i").Services, Is.Empty);
    }

    [TestCase(100, 0, 0)]
    [TestCase(95, 5, 5)]
    [TestCase(1, 1, 50)]
    [TestCase(0, 1, 100)]
    [TestCase(999, 1, 1)]
    [TestCase(1, 999, 99)]
    public void The_window_is_the_share_in_percent_and_a_split_is_never_none_or_all(int stable, int candidate, int expected) =>
        Assert.That(ObservationStore.WindowKeyOf(Routes.Service(A with { Weight = stable }, B with { Weight = candidate })), Is.EqualTo(expected));

    [Test]
    public void A_latency_falls_into_the_first_bucket_whose_bound_is_not_below_it()
    {
        var bounds = ObservationWindow.BoundsSeconds;
        Prop.ForAll(Gen.Choose(0, 100_000_000).ToArbitrary(), micros =>
        {
            var seconds = micros / 1e6;
            var bucket = ObservationWindow.BucketOf(seconds);
            return (bucket == bounds.Length || seconds <= bounds[bucket]) && (bucket == 0 || seconds > bounds[bucket - 1]);
        }).QuickCheckThrowOnFailure();
        Assert.That(bounds.Select(ObservationWindow.BucketOf), Is.EqualTo(Enumerable.Range(0, bounds.Length)));
    }

    [Test]
    public void No_count_is_lost_between_threads()
    {
        var window = new ObservationWindow();
        Parallel.For(0, 20_000, i => window.Record(i % 2 == 0 ? RequestOutcome.Failed : RequestOutcome.Answered, TimeSpan.FromMilliseconds(i % 100)));

        Assert.That((window.Requests, window.Errors, window.Latency.Sum()), Is.EqualTo((20_000L, 10_000L, 10_000L)));
    }

    private static RouteTable Table(RevisionRoute? stable, RevisionRoute? candidate) => Routes.Table(Routes.Service(stable, candidate));

    private static void Record(LiveRevision revision, RequestOutcome outcome, int times)
    {
        for (var i = 0; i < times; i++) revision.Window.Record(outcome, TimeSpan.FromMilliseconds(5));
    }

    private static string Counts(ObservationStore store) => string.Join(' ', store.Report("i").Services.Single().Revisions.Select(revision =>
        $"{revision.Name}:{string.Join(',', revision.Windows.Select(w => $"{w.CandidateWeight}={w.Requests}/{w.Errors}"))}"));
}
