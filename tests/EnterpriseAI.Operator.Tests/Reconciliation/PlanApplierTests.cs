using System.Net;
using EnterpriseAI.Api;
using EnterpriseAI.Audit;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.DataSources;
using EnterpriseAI.Operator.Reconciliation;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Operator.Tests.Reconciliation;

public sealed class PlanApplierTests
{
    private readonly ManualTimeProvider _time = new();
    private List<string> _diary = null!;
    private FakeApiServer _server = null!;
    private KubernetesClient _client = null!;
    private RecordingAuditLog _audit = null!;
    private PlanApplier _applier = null!;
    private DataSource _source = null!;

    [SetUp]
    public void Create_server()
    {
        _diary = [];
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        _audit = new RecordingAuditLog(_diary);
        _applier = new PlanApplier(_client, _audit, new EventRecorder(_client, "enterpriseai.io/operator", "test", time: _time), new OperatorIdentity("system:serviceaccount:ns:operator"), _time);
        _source = _server.Put(ApiResources.DataSources, new DataSource { Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns" } });
        _server.Fault = request =>
        {
            if (request.Method != "GET")
                _diary.Add($"{request.Method} {request.Path.Split("namespaces/ns/")[1]}");
            return null;
        };
    }

    [TearDown]
    public void Dispose_server()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task A_plan_is_applied_objects_first_then_audit_then_status_then_deletions()
    {
        var old = _server.Put(CoreResources.Pods, Pod("old"));
        var written = await ApplyAsync(new DataSourcePlan
        {
            Apply = [DesiredObject.Once(CoreResources.Pods, Pod("new"), null), DesiredObject.Of(CoreResources.Services, Service(80), null)],
            Delete = [ObjectDeletion.Of(CoreResources.Pods, old)],
            Transitions = [new Transition("First", "1", "one"), new Transition("Second", "1", "two")],
            Status = Ready(),
        });
        Assert.That(_diary, Is.EqualTo(new[] { "POST pods", "PATCH services/svc", "audit First", "audit Second", "PATCH datasources/data/status", "DELETE pods/old" }));
        Assert.That(written!.Status!.Phase, Is.EqualTo(DataSourcePhase.Ready));
    }

    [Test]
    public async Task A_mark_before_the_entries_is_written_first_and_the_status_at_its_version()
    {
        var written = await ApplyAsync(new DataSourcePlan { Before = new DataSourceStatus { ProfileJob = "mark" }, Transitions = [new Transition("First", "1", "one")], Status = Ready() });
        Assert.That(_diary, Is.EqualTo(new[] { "PATCH datasources/data/status", "audit First", "PATCH datasources/data/status" }));
        Assert.That((written!.Status!.Phase, written.Status.ProfileJob), Is.EqualTo((DataSourcePhase.Ready, (string?)null)));
    }

    [Test]
    public async Task An_entry_names_the_resource_the_operator_and_the_time()
    {
        await ApplyAsync(new DataSourcePlan { Status = Ready(), Transitions = [new Transition("Profiled", "1", "read") { Details = new Dictionary<string, string> { ["rows"] = "344" } }, new Transition("Approved", "1", "by hand") { Actor = "alice" }] });
        var entry = _audit.Entries[0];
        using (Assert.EnterMultipleScope())
        {
            Assert.That((entry.Actor, entry.Action, entry.Time), Is.EqualTo(("system:serviceaccount:ns:operator", "Profiled", _time.GetUtcNow())));
            Assert.That(entry.Resource, Is.EqualTo(new AuditResource { ApiVersion = "enterpriseai.io/v1alpha1", Kind = "DataSource", Namespace = "ns", Name = "data", Uid = _source.Metadata.Uid!, Generation = 1 }));
            Assert.That(entry.Details, Is.EquivalentTo(new Dictionary<string, string> { ["rows"] = "344", ["message"] = "read" }));
            Assert.That(_audit.Entries[1].Actor, Is.EqualTo("alice"));
        }
    }

    [Test]
    public void The_id_of_an_entry_depends_on_resource_action_and_occurrence_only()
    {
        var transition = new Transition("Profiled", "run-1", "read");
        string Id(Transition t, string uid, double hours) => t.ToAuditEvent(_source with { Metadata = _source.Metadata with { Uid = uid } }, "me", _time.GetUtcNow().AddHours(hours)).Id;
        var id = Id(transition, "a", 0);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Id(transition with { Message = "other words" }, "a", 1), Is.EqualTo(id));
            Assert.That(((string[])[id, Id(transition, "b", 0), Id(transition with { Occurrence = "run-2" }, "a", 0), Id(transition with { Action = "Failed" }, "a", 0)]), Is.Unique);
        }
    }

    [Test]
    public async Task Without_the_audit_log_no_status_is_written_and_nothing_is_deleted()
    {
        var old = _server.Put(CoreResources.Pods, Pod("old"));
        _audit.IsAway = true;
        var plan = new DataSourcePlan
        {
            Apply = [DesiredObject.Once(CoreResources.Pods, Pod("new"), null)],
            Delete = [ObjectDeletion.Of(CoreResources.Pods, old)],
            Transitions = [new Transition("First", "1", "one")],
            Status = Ready(),
        };
        Assert.That(async () => await ApplyAsync(plan), Throws.TypeOf<AuditUnavailableException>());
        Assert.That(_diary, Is.EqualTo(new[] { "POST pods" }));
        Assert.That(_server.Stored(ApiResources.DataSources, "ns", "data")!["status"], Is.Null);
    }

    [Test]
    public async Task A_status_that_is_right_already_is_not_written()
    {
        Assert.That(await ApplyAsync(new DataSourcePlan { Status = Ready() }, present: Ready()), Is.Null);
        Assert.That(_diary, Is.Empty);
    }

    [Test]
    public async Task A_field_that_is_gone_from_the_status_goes_from_the_server()
    {
        var written = await ApplyAsync(new DataSourcePlan { Status = Ready() with { ProfileJob = "run-1" } });
        await _applier.ApplyAsync(ApiResources.DataSources, written!, written!.Status, new DataSourcePlan { Status = Ready() }, ApiJsonContext.Default.DataSourceStatus, default);
        Assert.That(_server.Stored(ApiResources.DataSources, "ns", "data")!["status"]!["profileJob"], Is.Null);
    }

    [Test]
    public void A_resource_that_moved_on_refuses_the_status_and_the_next_try_records_nothing_twice()
    {
        var old = _server.Put(CoreResources.Pods, Pod("old"));
        _server.Put(ApiResources.DataSources, _source with { Spec = new DataSourceSpec { Owner = "team" } });
        var plan = new DataSourcePlan { Status = Ready(), Transitions = [new Transition("First", "1", "one")], Delete = [ObjectDeletion.Of(CoreResources.Pods, old)] };
        for (var i = 0; i < 2; i++)
            Assert.That(async () => await ApplyAsync(plan), Throws.TypeOf<KubernetesException>().With.Property("IsConflict").True);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(_audit.Entries, Has.Count.EqualTo(1));
            Assert.That(_diary, Has.None.StartsWith("DELETE"));
            Assert.That(_server.Stored(ApiResources.DataSources, "ns", "data")!["status"], Is.Null);
        }
    }

    [Test]
    public async Task What_is_already_so_is_not_sent()
    {
        var live = _server.Put(CoreResources.Services, Service(80) with { Metadata = Service(80).Metadata with { Annotations = new Dictionary<string, string> { ["somebody"] = "else" } } });
        await ApplyAsync(new DataSourcePlan { Apply = [DesiredObject.Of(CoreResources.Services, Service(80), live)], Status = Ready() }, present: Ready());
        Assert.That(_diary, Is.Empty);
        await ApplyAsync(new DataSourcePlan { Apply = [DesiredObject.Of(CoreResources.Services, Service(81), live)], Status = Ready() }, present: Ready());
        Assert.That(_diary, Is.EqualTo(new[] { "PATCH services/svc" }));
    }

    [TestCase("1000m", "1", false)]
    [TestCase("1024Mi", "1Gi", false)]
    [TestCase("1000m", "2", true)]
    public async Task A_quantity_in_the_server_s_form_is_no_change(string wanted, string live, bool sent)
    {
        await ApplyAsync(new DataSourcePlan { Apply = [DesiredObject.Of(CoreResources.Pods, Requesting(wanted), Requesting(live))], Status = Ready() }, present: Ready());
        Assert.That(_diary, Has.Count.EqualTo(sent ? 1 : 0));
    }

    [Test]
    public async Task What_is_made_once_is_never_changed()
    {
        var live = _server.Put(CoreResources.Pods, Requesting("1"));
        await ApplyAsync(new DataSourcePlan { Apply = [DesiredObject.Once(CoreResources.Pods, Requesting("2"), live)], Status = Ready() }, present: Ready());
        Assert.That(_diary, Is.Empty);
    }

    [Test]
    public async Task An_object_that_the_cache_had_not_seen_is_left_as_it_is()
    {
        var live = _server.Put(CoreResources.Pods, Pod("new"));
        await ApplyAsync(new DataSourcePlan { Apply = [DesiredObject.Once(CoreResources.Pods, Pod("new"), null)], Status = Ready() });
        Assert.That(_server.Stored(CoreResources.Pods, "ns", "new")!["metadata"]!["uid"]!.ToString(), Is.EqualTo(live.Metadata.Uid));
        Assert.That(_diary[^1], Is.EqualTo("PATCH datasources/data/status"));
    }

    [Test]
    public async Task Only_the_very_object_is_deleted_never_its_successor()
    {
        var seen = _server.Put(CoreResources.Pods, Pod("old"));
        _server.Remove(CoreResources.Pods, "ns", "old");
        var successor = _server.Put(CoreResources.Pods, Pod("old"));
        await ApplyAsync(new DataSourcePlan { Delete = [ObjectDeletion.Of(CoreResources.Pods, seen)], Status = Ready() });
        Assert.That(_diary[^1], Is.EqualTo("DELETE pods/old"));
        Assert.That(_server.Stored(CoreResources.Pods, "ns", "old")!["metadata"]!["uid"]!.ToString(), Is.EqualTo(successor.Metadata.Uid));
    }

    [Test]
    public async Task What_is_to_be_deleted_as_it_was_seen_stays_when_it_changed_since()
    {
        var seen = _server.Put(CoreResources.Pods, Pod("old"));
        var changed = _server.Put(CoreResources.Pods, seen with { Metadata = seen.Metadata with { Annotations = new Dictionary<string, string> { ["a"] = "b" } } });
        _source = (await ApplyAsync(new DataSourcePlan { Delete = [ObjectDeletion.Unchanged(CoreResources.Pods, seen)], Status = Ready() }))!;
        Assert.That(_server.Stored(CoreResources.Pods, "ns", "old"), Is.Not.Null);
        await ApplyAsync(new DataSourcePlan { Delete = [ObjectDeletion.Unchanged(CoreResources.Pods, changed)], Status = Ready() });
        Assert.That(_server.Stored(CoreResources.Pods, "ns", "old"), Is.Null);
    }

    [Test]
    public void What_is_gone_already_is_no_error()
    {
        var seen = _server.Put(CoreResources.Pods, Pod("old"));
        _server.Remove(CoreResources.Pods, "ns", "old");
        Assert.That(async () => await ApplyAsync(new DataSourcePlan { Delete = [ObjectDeletion.Of(CoreResources.Pods, seen)], Status = Ready() }), Throws.Nothing);
    }

    [Test]
    public async Task What_is_being_deleted_is_not_deleted_again()
    {
        var going = Pod("old") with { Metadata = Pod("old").Metadata with { DeletionTimestamp = _time.GetUtcNow() } };
        await ApplyAsync(new DataSourcePlan { Delete = [ObjectDeletion.Of(CoreResources.Pods, going)], Status = Ready() }, present: Ready());
        Assert.That(_diary, Is.Empty);
    }

    [Test]
    public void A_refused_object_stops_the_plan_before_anything_is_recorded()
    {
        _server.Fault = request => request.Method == "POST" ? FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden", "quota") : null;
        var plan = new DataSourcePlan { Apply = [DesiredObject.Once(CoreResources.Pods, Pod("new"), null)], Transitions = [new Transition("First", "1", "one")], Status = Ready() };
        Assert.That(async () => await ApplyAsync(plan), Throws.TypeOf<KubernetesException>().With.Property("IsForbidden").True);
        Assert.That(_audit.Entries, Is.Empty);
        Assert.That(_server.Stored(ApiResources.DataSources, "ns", "data")!["status"], Is.Null);
    }

    private Task<DataSource?> ApplyAsync(DataSourcePlan plan, DataSourceStatus? present = null) =>
        _applier.ApplyAsync(ApiResources.DataSources, _source, present, plan, ApiJsonContext.Default.DataSourceStatus, default);

    private static DataSourceStatus Ready() => new() { Phase = DataSourcePhase.Ready };

    private static V1Pod Pod(string name) => new() { Metadata = new V1ObjectMeta { Name = name, Namespace = "ns" }, Spec = new V1PodSpec { RestartPolicy = "Never" } };

    private static V1Pod Requesting(string amount) => Pod("pod") with
    {
        Spec = new V1PodSpec { Containers = [new V1Container { Name = "c", Resources = new V1ResourceRequirements { Requests = new Dictionary<string, string> { ["x"] = amount } } }] },
    };

    private static V1Service Service(int port) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns" },
        Spec = new V1ServiceSpec { Ports = [new V1ServicePort { Port = port }] },
    };
}
