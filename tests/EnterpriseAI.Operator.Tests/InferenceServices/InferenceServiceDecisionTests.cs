using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.InferenceServices;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

public sealed class InferenceServiceDecisionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly ModelVersion Old = Version("old", 'a'), New = Version("new", 'b');

    [Test]
    public void The_first_version_serves_without_a_rollout()
    {
        var plan = Decide(Service("old"), ServiceTraffic.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Stable!.ModelVersion, Is.EqualTo("old"));
            Assert.That(plan.Status.Candidate, Is.Null);
            Assert.That(plan.Apply.Select(a => a.Object.Kind), Is.EquivalentTo(new[] { "NetworkPolicy", "Deployment" }));
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("ServingStarted"));
        }
    }

    [Test]
    public void A_version_that_is_not_ready_changes_nothing_of_what_serves()
    {
        var service = Serving("missing");
        var plan = Decide(service, ServiceTraffic.None);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Stable!.Revision, Is.EqualTo(service.Status!.Stable!.Revision));
            Assert.That(plan.Status.Conditions.First(c => c.Type == "Ready").Reason, Is.EqualTo("ModelVersionNotFound"));
            Assert.That(plan.Delete.Select(d => d.Object.Metadata.Name), Has.None.EqualTo(RevisionDeployment.Name(service, Revision(Old))));
        }
    }

    [Test]
    public void A_candidate_without_a_ready_pod_gets_no_traffic()
    {
        var plan = Decide(Candidate(weight: 0), ServiceTraffic.None);
        Assert.That((plan.Status.Candidate!.Weight, plan.Transitions.Count), Is.EqualTo((0, 0)));
    }

    [Test]
    public void A_ready_candidate_gets_the_first_weight()
    {
        var plan = Decide(Candidate(weight: 0), ServiceTraffic.None, pods: [Ready(Revision(New))]);
        Assert.That((plan.Status.Candidate!.Weight, plan.Transitions.Single().Action), Is.EqualTo((5, "RolloutStepped")));
    }

    [Test]
    public void Enough_good_requests_after_the_interval_take_the_next_step()
    {
        var plan = Decide(Candidate(weight: 5), Traffic(5, candidate: (200, 0), stable: (4000, 0)), Noon.AddMinutes(1), [Ready(Revision(New))]);
        Assert.That((plan.Status.Candidate!.Weight, plan.Status.Candidate.Step), Is.EqualTo((25, 1)));
    }

    [Test]
    public void Before_the_interval_is_over_nothing_moves() =>
        Assert.That(Decide(Candidate(weight: 5), Traffic(5, (200, 0), (4000, 0)), Noon.AddSeconds(5), [Ready(Revision(New))]).Status.Candidate!.Weight, Is.EqualTo(5));

    [Test]
    public void Too_few_requests_are_inconclusive_and_hold()
    {
        var plan = Decide(Candidate(weight: 5), Traffic(5, (3, 0), (100, 0)), Noon.AddMinutes(1), [Ready(Revision(New))]);
        Assert.That((plan.Status.Candidate!.Weight, plan.Status.Candidate.Verdict, plan.Status.Phase), Is.EqualTo((5, RolloutVerdict.Inconclusive, InferenceServicePhase.Holding)));
    }

    [Test]
    public void A_silent_gateway_is_inconclusive_whatever_the_others_say()
    {
        var traffic = Traffic(5, (200, 0), (4000, 0)) with { Gateways = 2 };
        Assert.That(Decide(Candidate(weight: 5), traffic, Noon.AddMinutes(1), [Ready(Revision(New))]).Status.Candidate!.Verdict, Is.EqualTo(RolloutVerdict.Inconclusive));
    }

    [Test]
    public void An_inconclusive_candidate_is_rolled_back_when_its_time_is_over() =>
        Assert.That(Decide(Candidate(weight: 5), Traffic(5, (3, 0), (100, 0)), Noon.AddHours(1), [Ready(Revision(New))]).Status.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.RolledBack));

    [Test]
    public void A_failing_candidate_is_rolled_back_at_once_and_not_tried_again()
    {
        var plan = Decide(Candidate(weight: 5), Traffic(5, (10, 4), (200, 0)), Noon.AddSeconds(2), [Ready(Revision(New))]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.RolledBack));
            Assert.That(plan.Status.Candidate, Is.Null);
            Assert.That(plan.Status.RejectedRevisions, Is.EqualTo(new[] { Revision(New) }));
            Assert.That(plan.Delete, Is.Empty, "a gateway still routes to it");
        }
        var later = Decide(Service("new") with { Status = plan.Status }, ServiceTraffic.None, Noon.AddMinutes(5));
        Assert.That((later.Status.Candidate, later.Status.Phase), Is.EqualTo(((CandidateRevision?)null, InferenceServicePhase.Progressing)));
    }

    [Test]
    public void The_last_step_promotes_and_the_old_revision_goes_only_when_no_gateway_routes_to_it()
    {
        var promoted = Decide(Candidate(weight: 50, step: 2), Traffic(50, (500, 0), (500, 0)), Noon.AddMinutes(1), [Ready(Revision(New))]);
        Assert.That((promoted.Status.Stable!.ModelVersion, promoted.Status.LastRollout!.Outcome), Is.EqualTo(("new", RolloutOutcome.Promoted)));
        var service = Service("new") with { Status = promoted.Status };
        var stillRouted = ServiceTraffic.Of("ns", "svc", [Report((Revision(Old), 0, 1L))]);
        var silent = ServiceTraffic.Of("ns", "svc", [null]);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Decide(service, stillRouted).Delete, Is.Empty, "it still answers a request");
            Assert.That(Decide(service, silent).Delete, Is.Empty, "silence is no answer");
            Assert.That(Decide(service, ServiceTraffic.Of("ns", "svc", [Report((Revision(New), 100, 0L))])).Delete.Single().Object.Metadata.Name, Is.EqualTo(RevisionDeployment.Name(service, Revision(Old))));
        }
    }

    [Test]
    public void Abort_overrides_everything()
    {
        var candidate = Candidate(weight: 50, step: 2);
        candidate = candidate with { Spec = candidate.Spec with { Rollout = candidate.Spec.Rollout with { Override = new RolloutOverride { ModelVersion = "new", Action = OverrideAction.Abort } } } };
        Assert.That(Decide(candidate, Traffic(50, (500, 0), (500, 0)), Noon.AddMinutes(1), [Ready(Revision(New))]).Status.LastRollout!.Outcome, Is.EqualTo(RolloutOutcome.RolledBack));
    }

    [Test]
    public void A_pod_that_refuses_its_bytes_makes_the_service_say_so()
    {
        var plan = Decide(Serving("old"), ServiceTraffic.None, pods: [Refusing(Revision(Old))]);
        var verified = plan.Status.Conditions.First(c => c.Type == "Verified");
        using (Assert.EnterMultipleScope())
        {
            Assert.That((verified.Status, verified.Reason), Is.EqualTo(("False", "DigestMismatch")));
            Assert.That(plan.Status.Phase, Is.EqualTo(InferenceServicePhase.Degraded));
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("ArtifactRefusedAtLoad"));
        }
    }

    [Test]
    public void A_candidate_that_refuses_its_bytes_is_rolled_back_before_it_gets_traffic() =>
        Assert.That(Decide(Candidate(weight: 0), ServiceTraffic.None, pods: [Refusing(Revision(New))]).Status.LastRollout!.Reason, Does.StartWith("DigestMismatch"));

    [Test]
    public void A_field_that_would_be_ignored_is_refused()
    {
        var service = Service("old");
        var plan = Decide(service with { Spec = service.Spec with { Access = new ServiceAccess() } }, ServiceTraffic.None);
        Assert.That(plan.Status.Conditions.First(c => c.Type == "Ready").Message, Does.StartWith("spec.access"));
    }

    private static string Revision(ModelVersion version) => RevisionDeployment.Revision(Service("old"), version);

    private static InferenceServicePlan Decide(InferenceService service, ServiceTraffic traffic, DateTimeOffset? now = null, V1Pod[]? pods = null) => InferenceServiceDecision.Decide(
        new InferenceServiceObservation
        {
            Resource = service,
            ModelVersions = new Dictionary<string, ModelVersion> { ["old"] = Old, ["new"] = New },
            Deployments = service.Status is null ? new Dictionary<string, V1Deployment>() : new[] { Old, New }.ToDictionary(Revision, v => new V1Deployment { Metadata = new V1ObjectMeta { Name = RevisionDeployment.Name(service, Revision(v)), Namespace = "ns", Uid = v.Metadata.Uid } }),
            Pods = (pods ?? []).ToLookup(p => p.Metadata.Labels![CommonLabels.Revision]),
            Traffic = traffic,
            Images = new ServingImages("image", "agent", null),
            GatewayHost = "gateway",
        },
        now ?? Noon);

    private static InferenceService Service(string version) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "svc-uid", Generation = 1 },
        Spec = new InferenceServiceSpec { ModelVersion = version, Rollout = new RolloutPlan { Interval = new Duration("30s") } },
    };

    private static InferenceService Serving(string wanted) => Service(wanted) with
    {
        Status = new InferenceServiceStatus { ObservedGeneration = 1, Stable = new StableRevision { ModelVersion = "old", Revision = Revision(Old) } },
    };

    private static InferenceService Candidate(int weight, int step = 0) => Serving("new") with
    {
        Status = Serving("new").Status! with
        {
            Candidate = new CandidateRevision { ModelVersion = "new", Revision = Revision(New), Weight = weight, Step = step, StartedAt = Noon, StepStartedAt = weight > 0 ? Noon : null },
        },
    };

    private static ServiceTraffic Traffic(int weight, (long Requests, long Errors) candidate, (long Requests, long Errors) stable) => ServiceTraffic.Of("ns", "svc",
    [
        new GatewayReport
        {
            Services =
            [
                new GatewayServiceReport
                {
                    Namespace = "ns", Name = "svc",
                    Revisions =
                    [
                        new GatewayRevisionReport { Name = Revision(New), Weight = weight, Windows = [new GatewayWindow { CandidateWeight = weight, Requests = candidate.Requests, Errors = candidate.Errors }] },
                        new GatewayRevisionReport { Name = Revision(Old), Weight = 100 - weight, Windows = [new GatewayWindow { CandidateWeight = weight, Requests = stable.Requests, Errors = stable.Errors }] },
                    ],
                },
            ],
        },
    ]);

    private static GatewayReport Report(params (string Revision, int Weight, long InFlight)[] revisions) => new()
    {
        Services = [new GatewayServiceReport { Namespace = "ns", Name = "svc", Revisions = [.. revisions.Select(r => new GatewayRevisionReport { Name = r.Revision, Weight = r.Weight, InFlight = r.InFlight })] }],
    };

    private static V1Pod Ready(string revision) => Pod(revision, new V1PodStatus { Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }] });

    private static V1Pod Refusing(string revision) => Pod(revision, new V1PodStatus
    {
        ContainerStatuses =
        [
            new V1ContainerStatus
            {
                Name = RevisionDeployment.Container,
                State = new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = "CrashLoopBackOff" } },
                LastState = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = 1, Message = """{"error":{"reason":"DigestMismatch","message":"model.onnx differs"}}""" } },
            },
        ],
    });

    private static V1Pod Pod(string revision, V1PodStatus status) => new()
    {
        Metadata = new V1ObjectMeta { Name = "pod", Namespace = "ns", Labels = new Dictionary<string, string> { [CommonLabels.Revision] = revision } },
        Status = status,
    };

    private static ModelVersion Version(string name, char digest) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = "ns", Uid = name },
        Spec = new ModelVersionSpec { Model = "m", Version = "1.0.0", Artifact = new ModelArtifact { Uri = $"pvc://models/{name}", Digest = "sha256:" + new string(digest, 64) } },
        Status = new ModelVersionStatus { Conditions = [new V1Condition { Type = "Ready", Status = "True" }] },
    };
}
