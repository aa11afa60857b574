using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.DataSources;
using EnterpriseAI.Operator.Reconciliation;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Operator.Tests.Reconciliation;

public sealed class ResourceReconcilerTests
{
    private static readonly ObjectKey Key = new("ns", "data");
    private readonly ManualTimeProvider _time = new();
    private FakeApiServer _server = null!;
    private KubernetesClient _client = null!;
    private RecordingAuditLog _audit = null!;
    private Informer<DataSource> _sources = null!;
    private CancellationTokenSource _stop = null!;
    private Task _running = null!;
    private Reconciler _reconciler = null!;

    [SetUp]
    public async Task Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _audit = new RecordingAuditLog([]);
        _sources = new Informer<DataSource>(_client, ApiResources.DataSources, time: _time);
        _stop = new CancellationTokenSource();
        _running = _sources.RunAsync(_stop.Token);
        await Eventually.True(() => _sources.HasSynced && _server.OpenWatches == 1, "the watch");
        _reconciler = new Reconciler(_sources, new PlanApplier(_client, _audit, new EventRecorder(_client, "enterpriseai.io/operator", "test", time: _time), new OperatorIdentity("operator"), _time), _time);
    }

    [TearDown]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task A_decision_is_applied_and_its_next_look_is_the_queue_s()
    {
        await PutAsync();
        var result = await _reconciler.ReconcileAsync(Key, default);
        Assert.That(result.RequeueAfter, Is.EqualTo(TimeSpan.FromMinutes(7)));
        Assert.That(Status()!["phase"]!.ToString(), Is.EqualTo("Ready"));
        Assert.That(_audit.Entries.Single().Action, Is.EqualTo("Decided"));
    }

    [Test]
    public async Task A_resource_that_is_gone_is_forgotten_and_nothing_is_decided()
    {
        var result = await _reconciler.ReconcileAsync(Key, default);
        Assert.That((result, _reconciler.Decisions, _reconciler.Gone), Is.EqualTo((ReconcileResult.Done, 0, 1)));
    }

    [Test]
    public async Task A_resource_that_is_being_deleted_is_forgotten_and_not_written()
    {
        await PutAsync(new DataSource { Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns", Finalizers = ["somebody/else"], DeletionTimestamp = _time.GetUtcNow() } });
        await _reconciler.ReconcileAsync(Key, default);
        Assert.That((_reconciler.Decisions, _reconciler.Gone), Is.EqualTo((0, 1)));
        Assert.That(_server.Requests.Where(r => r.Method != "GET"), Is.Empty);
    }

    [Test]
    public async Task While_the_audit_log_is_away_the_transition_waits_and_the_resource_says_so()
    {
        await PutAsync();
        _audit.IsAway = true;
        var result = await _reconciler.ReconcileAsync(Key, default);
        var condition = Status()!["conditions"]![0]!;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(result.RequeueAfter, Is.EqualTo(TimeSpan.FromSeconds(5)));
            Assert.That(Status()!["phase"], Is.Null, "the transition is not shown");
            Assert.That((condition["type"]!.ToString(), condition["status"]!.ToString(), condition["reason"]!.ToString()), Is.EqualTo(("Audited", "False", "AuditLogUnavailable")));
            Assert.That(condition["message"]!.ToString(), Does.Contain("connection refused"));
        }
    }

    [Test]
    public async Task When_the_audit_log_is_back_the_transition_is_made_and_the_mark_goes()
    {
        await PutAsync();
        _audit.IsAway = true;
        await _reconciler.ReconcileAsync(Key, default);
        await Eventually.True(() => _sources.Get(Key)?.Status is not null, "the mark");
        _audit.IsAway = false;
        await _reconciler.ReconcileAsync(Key, default);
        Assert.That(Status()!["phase"]!.ToString(), Is.EqualTo("Ready"));
        Assert.That(Status()!["conditions"]!.AsArray().Select(c => c!["type"]!.ToString()), Has.None.EqualTo("Audited"));
        Assert.That(_audit.Entries, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task What_was_shown_before_stays_while_the_audit_log_is_away()
    {
        await PutAsync(new DataSource { Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns" }, Status = new DataSourceStatus { Phase = DataSourcePhase.Degraded, ProfileJob = "run-1" } });
        _audit.IsAway = true;
        await _reconciler.ReconcileAsync(Key, default);
        Assert.That((Status()!["phase"]!.ToString(), Status()!["profileJob"]!.ToString()), Is.EqualTo(("Degraded", "run-1")));
    }

    [Test]
    public async Task A_stale_cache_is_a_conflict_and_a_fresh_one_decides_again()
    {
        var stale = await PutAsync();
        using (_server.HoldWatches())
        {
            _server.Put(ApiResources.DataSources, stale with { Spec = new DataSourceSpec { Owner = "team" } });
            Assert.That(async () => await _reconciler.ReconcileAsync(Key, default), Throws.TypeOf<KubernetesException>().With.Property("IsConflict").True);
        }
        await Eventually.True(() => _sources.Get(Key)?.Spec.Owner == "team", "the change");
        await _reconciler.ReconcileAsync(Key, default);
        Assert.That((Status()!["phase"]!.ToString(), _reconciler.Decisions, _audit.Entries.Count), Is.EqualTo(("Ready", 2, 1)));
    }

    private System.Text.Json.Nodes.JsonNode? Status() => _server.Stored(ApiResources.DataSources, "ns", "data")!["status"];

    private async Task<DataSource> PutAsync(DataSource? source = null)
    {
        var stored = _server.Put(ApiResources.DataSources, source ?? new DataSource { Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns" } });
        await Eventually.True(() => _sources.Get(Key) is not null, "the data source");
        return stored;
    }

    private sealed class Reconciler(Informer<DataSource> sources, PlanApplier applier, TimeProvider time)
        : ResourceReconciler<DataSource, DataSourceStatus, DataSource>(sources, ApiJsonContext.Default.DataSourceStatus, applier, time)
    {
        public int Decisions { get; private set; }

        public int Gone { get; private set; }

        protected override DataSourceStatus EmptyStatus { get; } = new();

        protected override ValueTask<DataSource> ObserveAsync(DataSource resource, CancellationToken cancellationToken) => new(resource);

        protected override Plan<DataSourceStatus> Decide(DataSource observation, DateTimeOffset now)
        {
            Decisions++;
            return new DataSourcePlan
            {
                Status = new DataSourceStatus
                {
                    Phase = DataSourcePhase.Ready,
                    Conditions = new ConditionSet(observation.Status?.Conditions ?? [], observation, now).True("Ready", "Decided", "so").ToList(),
                },
                Transitions = [new Transition("Decided", "1", "so")],
                RequeueAfter = TimeSpan.FromMinutes(7),
            };
        }

        protected override DataSourceStatus? StatusOf(DataSource resource) => resource.Status;

        protected override IReadOnlyList<V1Condition> ConditionsOf(DataSourceStatus status) => status.Conditions;

        protected override DataSourceStatus WithConditions(DataSourceStatus status, IReadOnlyList<V1Condition> conditions) => status with { Conditions = conditions };

        protected override void OnGone(ObjectKey key) => Gone++;
    }
}
