using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.InferenceServices;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

public sealed class RevocationDecisionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_revoked_version_goes_on_answering_while_the_last_good_one_starts()
    {
        var plan = Decide(Service(["good"]), ready: []);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Stable!.ModelVersion, Is.EqualTo("bad"));
            Assert.That((plan.Status.Revoked!.ReplacedBy, plan.Status.Revoked.Deadline), Is.EqualTo(("good", Noon.AddMinutes(5))));
            Assert.That(plan.Apply.Single(a => a.Object is V1Deployment).Object.Metadata.Name, Is.EqualTo(RevisionDeployment.Name(Service([]), Revision("good"))), "the revoked one's pods are only waited for");
            Assert.That(plan.Delete, Is.Empty);
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("RevokedVersionDraining"));
            Assert.That(Ready(plan), Does.Contain("good takes its place").And.Contain("2026-11-21T12:05:00Z"));
            Assert.That(plan.RequeueAfter, Is.Not.Null);
        }
    }

    [Test]
    public void Once_the_other_is_ready_it_serves_and_the_revoked_pods_go_when_no_gateway_sends_them_anything()
    {
        var begun = Decide(Service(["good"]), ready: []);
        var replaced = Decide(Service(["good"], begun.Status), ready: ["good"], Noon.AddSeconds(10), routed: ["bad"]);
        Assert.That((replaced.Status.Stable!.ModelVersion, replaced.Transitions[0].Action, replaced.Delete.Count), Is.EqualTo(("good", "RevokedVersionReplaced", 0)));

        var drained = Decide(Service(["good"], replaced.Status), ready: ["good"], Noon.AddSeconds(12));
        Assert.That(drained.Delete.Single().Object.Metadata.Name, Is.EqualTo(RevisionDeployment.Name(Service([]), Revision("bad"))));
        var over = Decide(Service(["good"], drained.Status), ready: ["good"], Noon.AddSeconds(14), deployed: ["good"]);
        Assert.That((over.Status.Revoked, over.Status.Stable!.ModelVersion), Is.EqualTo(((RevokedRevision?)null, "good")));
    }

    [Test]
    public void At_the_deadline_the_revoked_pods_go_though_nothing_else_is_ready()
    {
        var begun = Decide(Service(["good"]), ready: []);
        var over = Decide(Service(["good"], begun.Status), ready: [], Noon.AddMinutes(5), routed: ["bad"]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(over.Status.Stable!.ModelVersion, Is.EqualTo("good"));
            Assert.That(over.Transitions.Single().Action, Is.EqualTo("RevokedVersionRemoved"));
            Assert.That(over.Delete.Single().Object.Metadata.Name, Is.EqualTo(RevisionDeployment.Name(Service([]), Revision("bad"))), "whatever a gateway still sends there");
        }
    }

    [Test]
    public void Without_a_good_version_the_service_says_so_and_ends_at_the_deadline()
    {
        var begun = Decide(Service([]), ready: []);
        Assert.That((begun.Status.Revoked!.ReplacedBy, begun.Status.Stable!.ModelVersion), Is.EqualTo(((string?)null, "bad")));
        Assert.That(Ready(begun), Does.Contain("no version that may take its place"));
        var over = Decide(Service([], begun.Status), ready: [], Noon.AddMinutes(5), deployed: ["bad"]);
        Assert.That((over.Status.Stable, over.Delete.Count), Is.EqualTo(((StableRevision?)null, 1)));
    }

    [Test]
    public void A_former_version_that_is_revoked_too_is_passed_over()
    {
        var plan = Decide(Service(["worse", "good"]), ready: []);
        Assert.That(plan.Status.Revoked!.ReplacedBy, Is.EqualTo("good"));
    }

    [Test]
    public void A_distrust_that_is_lifted_in_time_leaves_everything_as_it_was()
    {
        var begun = Decide(Service(["good"]), ready: []);
        var lifted = Decide(Service(["good"], begun.Status), ready: [], Noon.AddSeconds(10), revoked: []);
        Assert.That((lifted.Status.Revoked, lifted.Status.Stable!.ModelVersion), Is.EqualTo(((RevokedRevision?)null, "bad")));
    }

    [Test]
    public void A_revoked_candidate_is_rolled_back_at_once()
    {
        var service = Service([]) with
        {
            Status = new InferenceServiceStatus
            {
                Stable = new StableRevision { ModelVersion = "good", Revision = Revision("good") },
                Candidate = new CandidateRevision { ModelVersion = "bad", Revision = Revision("bad"), Weight = 5, StartedAt = Noon, StepStartedAt = Noon },
            },
        };
        var plan = Decide(service, ready: ["good", "bad"]);
        Assert.That((plan.Status.Candidate, plan.Status.LastRollout!.Outcome, plan.Status.Revoked), Is.EqualTo(((CandidateRevision?)null, RolloutOutcome.RolledBack, (RevokedRevision?)null)));
    }

    [Test]
    public void A_promotion_remembers_what_served_before()
    {
        var status = new InferenceServiceStatus
        {
            Stable = new StableRevision { ModelVersion = "good" },
            History = [.. Enumerable.Range(0, 5).Select(i => new FormerRevision { ModelVersion = $"v{i}" })],
        };
        Assert.That(RevocationDecision.Remember(status, Noon).Select(former => former.ModelVersion), Is.EqualTo(new[] { "good", "v0", "v1", "v2", "v3" }));
    }

    private static string Ready(InferenceServicePlan plan) => plan.Status.Conditions.Single(c => c.Type == "Ready").Message;

    private static string Revision(string version) => RevisionDeployment.Revision(Service([]), Version(version, false));

    private static InferenceServicePlan Decide(
        InferenceService service, string[] ready, DateTimeOffset? now = null, string[]? routed = null, string[]? revoked = null, string[]? deployed = null) => InferenceServiceDecision.Decide(
        new InferenceServiceObservation
        {
            Resource = service,
            ModelVersions = new[] { "bad", "worse", "good" }.ToDictionary(name => name, name => Version(name, (revoked ?? ["bad", "worse"]).Contains(name))),
            Deployments = (deployed ?? ["bad", "good"]).ToDictionary(Revision, name => new V1Deployment { Metadata = new V1ObjectMeta { Name = RevisionDeployment.Name(service, Revision(name)), Namespace = "ns", Uid = name } }),
            Pods = ready.Select(name => new V1Pod
            {
                Metadata = new V1ObjectMeta { Name = name, Namespace = "ns", Labels = new Dictionary<string, string> { [CommonLabels.Revision] = Revision(name) } },
                Status = new V1PodStatus { Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }] },
            }).ToLookup(pod => pod.Metadata.Labels![CommonLabels.Revision]),
            Traffic = ServiceTraffic.Of("ns", "svc",
            [
                new GatewayReport
                {
                    Services = [new GatewayServiceReport { Namespace = "ns", Name = "svc", Revisions = [.. (routed ?? []).Select(name => new GatewayRevisionReport { Name = Revision(name), Weight = 100, InFlight = 1 })] }],
                },
            ]),
            Images = new ServingImages("image", "agent", null),
            GatewayHost = "gateway",
        },
        now ?? Noon);

    private static InferenceService Service(string[] history, InferenceServiceStatus? status = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "svc-uid", Generation = 1 },
        Spec = new InferenceServiceSpec { ModelVersion = "bad" },
        Status = status ?? new InferenceServiceStatus
        {
            ObservedGeneration = 1,
            Stable = new StableRevision { ModelVersion = "bad", Revision = history is null ? "" : RevisionDeployment.Revision(Bare, Version("bad", false)) },
            History = [.. history!.Select(name => new FormerRevision { ModelVersion = name })],
        },
    };

    // A revision is made of the service's identity and runtime, not of its status.
    private static readonly InferenceService Bare = new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "svc-uid", Generation = 1 },
        Spec = new InferenceServiceSpec { ModelVersion = "bad" },
    };

    private static ModelVersion Version(string name, bool revoked) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = "ns", Uid = name, Generation = 1 },
        Spec = new ModelVersionSpec { Model = "m", Version = "1.0.0", Revoked = revoked, Artifact = new ModelArtifact { Uri = $"pvc://models/{name}", Digest = "sha256:" + new string('a', 64) } },
        Status = new ModelVersionStatus { Conditions = [new V1Condition { Type = "Ready", Status = revoked ? "False" : "True", Reason = revoked ? "Revoked" : "Ready" }] },
    };
}
