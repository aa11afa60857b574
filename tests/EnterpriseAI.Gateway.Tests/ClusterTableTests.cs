using EnterpriseAI.Api;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Gateway.Sources;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class ClusterTableTests
{
    private static readonly DateTimeOffset Time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Test]
    public void Revisions_come_from_status_and_endpoints_from_ready_pods()
    {
        var route = ClusterTable.Build(
            [Service("a", stable: "r1", candidate: "r2", weight: 25)],
            [Pod("a", "r1", "10.0.0.2"), Pod("a", "r1", "10.0.0.1"), Pod("a", "r2", "fd00::7"), Pod("b", "r1", "10.0.0.9")]).Services.Single();

        Assert.Multiple(() =>
        {
            Assert.That((route.FullName, route.Stable!.Name, route.Stable.Weight, route.Candidate!.Name, route.Candidate.Weight),
                Is.EqualTo(("default/a", "r1", 75, "r2", 25)));
            Assert.That(Endpoints(route.Stable), Is.EqualTo("http://10.0.0.1:8080/ http://10.0.0.2:8080/"));
            Assert.That(Endpoints(route.Candidate), Is.EqualTo("http://[fd00::7]:8080/"));
        });
    }

    [Test]
    public void A_pod_that_is_not_ready_or_on_its_way_out_gets_no_request()
    {
        var ready = Pod("a", "r1", "10.0.0.1");
        V1Pod[] others =
        [
            ready with { Status = ready.Status! with { Conditions = [new V1PodCondition { Type = "Ready", Status = "False" }] } },
            ready with { Status = ready.Status! with { Conditions = null } },
            ready with { Status = ready.Status! with { PodIP = null } },
            ready with { Status = null },
            ready with { Metadata = ready.Metadata with { DeletionTimestamp = Time } },
            ready with { Metadata = ready.Metadata with { Namespace = "other" } },
            ready with { Metadata = ready.Metadata with { Labels = null } },
        ];

        Assert.That(ClusterTable.Build([Service("a", stable: "r1")], others).Services.Single().Stable!.Endpoints, Is.Empty);
    }

    [TestCase(null, null, 0, null, null)]
    [TestCase("r1", null, 0, 100, null)]
    [TestCase("r1", "r2", 0, 100, 0)]
    [TestCase("r1", "r2", 100, 0, 100)]
    [TestCase(null, "r2", 100, null, 100)]
    [TestCase("r1", "r1", 50, 100, null, Description = "in the moment of promotion")]
    [TestCase("r1", "r2", 250, 0, 100)]
    public void Weights_add_up(string? stable, string? candidate, int weight, int? stableWeight, int? candidateWeight)
    {
        var route = ClusterTable.Build([Service("a", stable, candidate, weight)], []).Services.Single();

        Assert.That((route.Stable?.Weight, route.Candidate?.Weight), Is.EqualTo((stableWeight, candidateWeight)));
    }

    [Test]
    public void A_host_belongs_to_the_oldest_service_that_claims_it()
    {
        var table = ClusterTable.Build(
            [Service("newer", "r1", age: 1, host: "models.example.com"), Service("older", "r1", age: 2, host: "models.example.com")], []);

        Assert.That(new LiveTable(Routes.Bind(table)).Resolve("models.example.com", "/v2").Service?.Route.Name, Is.EqualTo("older"));
    }

    [Test]
    public void A_service_that_is_being_deleted_and_one_without_status_do_no_harm()
    {
        var gone = Service("gone", "r1");
        var table = ClusterTable.Build(
            [gone with { Metadata = gone.Metadata with { DeletionTimestamp = Time } }, Service("new", null) with { Status = null }], []);

        Assert.That(table.Services.Select(service => (service.Name, service.Stable, service.Candidate)),
            Is.EqualTo(new[] { ("new", (RevisionRoute?)null, (RevisionRoute?)null) }));
    }

    private static InferenceService Service(string name, string? stable, string? candidate = null, int weight = 0, int age = 0, string? host = null) => new()
    {
        Metadata = new V1ObjectMeta { Namespace = "default", Name = name, CreationTimestamp = Time.AddDays(-age) },
        Spec = new InferenceServiceSpec { Routing = host is null ? null : new ServiceRouting { Hosts = [host] } },
        Status = new InferenceServiceStatus
        {
            Stable = stable is null ? null : new StableRevision { Revision = stable, ModelVersion = stable + "-version" },
            Candidate = candidate is null ? null : new CandidateRevision { Revision = candidate, ModelVersion = candidate + "-version", Weight = weight },
        },
    };

    private static V1Pod Pod(string service, string revision, string ip) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Namespace = "default",
            Name = $"{service}-{revision}-{ip}",
            Labels = new Dictionary<string, string> { [ClusterTable.ServiceLabel] = service, [ClusterTable.RevisionLabel] = revision },
        },
        Status = new V1PodStatus { PodIP = ip, Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }] },
    };

    private static string Endpoints(RevisionRoute revision) => string.Join(' ', revision.Endpoints);
}
