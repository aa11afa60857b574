using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.InferenceServices;
using EnterpriseAI.Operator.Reconciliation;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Operator.Tests.InferenceServices;

/// <summary>Properties of a rollout under any course of traffic, pods and gateways.</summary>
public sealed class RolloutDecisionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private static readonly ModelVersion Old = Version("old", 'a'), New = Version("new", 'b');
    private static readonly Gen<Moment> Moments =
        from kind in Gen.Frequency((12, Gen.Constant(Kind.Good)), (2, Gen.Constant(Kind.Bad)), (2, Gen.Constant(Kind.Quiet)), (1, Gen.Constant(Kind.Silent)), (1, Gen.Constant(Kind.Restart)), (1, Gen.Constant(Kind.NotReady)))
        from seconds in Gen.Choose(0, 40)
        select new Moment(kind, seconds);

    private static readonly int[] Steps = [5, 25, 50];

    [Test]
    public void A_weight_is_a_step_and_moves_to_the_next_one_only_and_never_without_the_interval()
    {
        ForAnyCourse(looks => looks.Zip(looks.Skip(1)).All(pair =>
        {
            if ((pair.First.Status.Candidate, pair.Second.Status.Candidate) is not ({ } before, { } after))
                return true;
            if (after.Weight == before.Weight)
                return after.Step == before.Step;
            return before.Weight == 0
                ? (after.Step, after.Weight) == (0, Steps[0])
                : after.Step == before.Step + 1 && after.Weight == Steps[after.Step] && pair.Second.At - before.StepStartedAt >= TimeSpan.FromSeconds(30);
        }));
    }

    [Test]
    public void No_weight_is_above_a_hundred_or_below_zero_and_none_comes_before_a_ready_pod() =>
        ForAnyCourse(looks =>
        {
            var ready = false;
            foreach (var look in looks)
            {
                ready |= look.WasReady;
                if (look.Status.Candidate is { } candidate && (candidate.Weight is < 0 or > 100 || candidate.Weight > 0 && !ready))
                    return false;
            }
            return true;
        });

    [Test]
    public void A_promotion_passed_every_step_and_saw_enough_requests_at_each() =>
        ForAnyCourse(looks =>
        {
            var promoted = looks.FirstOrDefault(l => l.Status.LastRollout?.Outcome == RolloutOutcome.Promoted);
            return promoted is null
                || Steps.All(weight => looks.Any(l => l.Status.Candidate?.Weight == weight) && looks.Any(l => l.At <= promoted.At && l.CandidateRequests.GetValueOrDefault(weight) >= 100))
                && promoted.Status.Stable!.ModelVersion == "new";
        });

    [Test]
    public void The_end_of_a_rollout_is_the_end_whatever_comes_after() =>
        ForAnyCourse(looks =>
        {
            var after = looks.SkipWhile(l => l.Status.LastRollout is null).ToList();
            return after.Count == 0
                || after.All(l => l.Status.Candidate is null && l.Status.LastRollout == after[0].Status.LastRollout && l.Status.Stable!.Revision == after[0].Status.Stable!.Revision)
                && after.Skip(1).All(l => !l.Transitions.Any(t => t.Action.StartsWith("Rollout", StringComparison.Ordinal)));
        });

    [Test]
    public void A_revision_that_was_rolled_back_is_not_tried_again_even_when_another_field_of_the_spec_changes() =>
        ForAnyCourse(looks =>
        {
            var last = looks[^1].Status;
            if (last.LastRollout?.Outcome != RolloutOutcome.RolledBack)
                return true;
            var touched = Service("new") with { Metadata = Service("new").Metadata with { Generation = 2 }, Status = last };
            touched = touched with { Spec = touched.Spec with { HumanOversight = new HumanOversight { Overseer = "alice" } } };
            var plan = Decide(touched, ServiceTraffic.None, true, Noon.AddDays(1));
            return last.Stable!.ModelVersion == "old" && plan.Status.Candidate is null && plan.Status.RejectedRevisions.Contains(Revision(New));
        });

    [Test]
    public void Naming_the_old_version_and_then_the_new_one_again_tries_it_again()
    {
        var rejected = new InferenceServiceStatus { ObservedGeneration = 1, Stable = new StableRevision { ModelVersion = "old", Revision = Revision(Old) }, RejectedRevisions = [Revision(New)] };
        var back = Service("old") with { Metadata = Service("old").Metadata with { Generation = 2 }, Status = rejected };
        var again = Service("new") with { Metadata = Service("new").Metadata with { Generation = 3 }, Status = Decide(back, ServiceTraffic.None, false, Noon).Status };
        Assert.That(Decide(again, ServiceTraffic.None, false, Noon).Status.Candidate!.Revision, Is.EqualTo(Revision(New)));
    }

    [Test]
    public void Every_transition_of_a_rollout_happens_once() =>
        ForAnyCourse(looks =>
        {
            var all = looks.SelectMany(l => l.Transitions).Where(t => t.Action.StartsWith("Rollout", StringComparison.Ordinal)).Select(t => (t.Action, t.Occurrence)).ToList();
            return all.Distinct().Count() == all.Count;
        });

    [Test]
    public void A_decision_made_again_on_its_own_status_at_the_same_moment_moves_nothing_once_a_candidate_has_traffic() =>
        ForAnyCourse(looks => looks.Where(l => l.Status.Candidate is not { Weight: 0 }).All(l =>
        {
            var again = Decide(Service("new") with { Status = l.Status }, l.Traffic, l.WasReady, l.At);
            return again.Transitions.Count == 0 && again.Status.Candidate?.Weight == l.Status.Candidate?.Weight && again.Status.LastRollout == l.Status.LastRollout;
        }));

    [Test]
    public void Some_courses_end_in_promotion_and_some_in_rollback()
    {
        Look[] good = [.. Course([.. Enumerable.Repeat(new Moment(Kind.Good, 31), 10)])], bad = [.. Course([.. Enumerable.Repeat(new Moment(Kind.Bad, 31), 10)])];
        Assert.That((good[^1].Status.LastRollout?.Outcome, bad[^1].Status.LastRollout?.Outcome), Is.EqualTo(((RolloutOutcome?)RolloutOutcome.Promoted, (RolloutOutcome?)RolloutOutcome.RolledBack)));
    }

    private static void ForAnyCourse(Func<IReadOnlyList<Look>, bool> holds) =>
        Prop.ForAll(Moments.ListOf().Where(l => l.Count is > 1 and < 60).ToArbitrary(), moments => holds([.. Course(moments)])).QuickCheckThrowOnFailure();

    /// <summary>What a service, its gateway and its pods go through, and the status after each look.</summary>
    private static IEnumerable<Look> Course(IReadOnlyList<Moment> moments)
    {
        var now = Noon;
        var status = new InferenceServiceStatus { ObservedGeneration = 1, Stable = new StableRevision { ModelVersion = "old", Revision = Revision(Old) } };
        Dictionary<int, (long Requests, long Errors, long StableRequests, long StableErrors)> counts = [];
        foreach (var moment in moments)
        {
            now = now.AddSeconds(moment.Seconds);
            var weight = status.Candidate?.Weight ?? 0;
            if (moment.Kind == Kind.Restart)
                counts.Clear();
            if (weight > 0 && moment.Kind is Kind.Good or Kind.Bad)
            {
                var sum = counts.GetValueOrDefault(weight);
                counts[weight] = (sum.Requests + 120, sum.Errors + (moment.Kind == Kind.Bad ? 40 : 0), sum.StableRequests + 120 * (100 - weight) / weight, sum.StableErrors);
            }
            var traffic = ServiceTraffic.Of("ns", "svc", moment.Kind == Kind.Silent ? [null] : [Report(weight, counts)]);
            var ready = moment.Kind != Kind.NotReady;
            var plan = Decide(Service("new") with { Status = status }, traffic, ready, now);
            status = plan.Status;
            yield return new Look(now, status, plan.Transitions, traffic, ready, counts.ToDictionary(c => c.Key, c => c.Value.Requests));
        }
    }

    private static GatewayReport Report(int weight, Dictionary<int, (long Requests, long Errors, long StableRequests, long StableErrors)> counts) => new()
    {
        Services =
        [
            new GatewayServiceReport
            {
                Namespace = "ns",
                Name = "svc",
                Revisions =
                [
                    new GatewayRevisionReport { Name = Revision(New), Weight = weight, Windows = [.. counts.Select(c => new GatewayWindow { CandidateWeight = c.Key, Requests = c.Value.Requests, Errors = c.Value.Errors })] },
                    new GatewayRevisionReport { Name = Revision(Old), Weight = 100 - weight, Windows = [.. counts.Select(c => new GatewayWindow { CandidateWeight = c.Key, Requests = c.Value.StableRequests, Errors = c.Value.StableErrors })] },
                ],
            },
        ],
    };

    private static string Revision(ModelVersion version) => RevisionDeployment.Revision(Service("old"), version);

    private static InferenceServicePlan Decide(InferenceService service, ServiceTraffic traffic, bool ready, DateTimeOffset now) => InferenceServiceDecision.Decide(
        new InferenceServiceObservation
        {
            Resource = service,
            ModelVersions = new Dictionary<string, ModelVersion> { ["old"] = Old, ["new"] = New },
            Deployments = new Dictionary<string, V1Deployment>(),
            Pods = (ready ? new[] { Pod(Revision(Old)), Pod(Revision(New)) } : []).ToLookup(p => p.Metadata.Labels![CommonLabels.Revision]),
            Traffic = traffic,
            Images = new ServingImages("image", "agent", null),
            GatewayHost = "gateway",
        },
        now);

    private static InferenceService Service(string version) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "svc-uid", Generation = 1 },
        Spec = new InferenceServiceSpec { ModelVersion = version, Rollout = new RolloutPlan { Steps = Steps, Interval = new Duration("30s") } },
    };

    private static V1Pod Pod(string revision) => new()
    {
        Metadata = new V1ObjectMeta { Name = $"pod-{revision}", Namespace = "ns", Labels = new Dictionary<string, string> { [CommonLabels.Revision] = revision } },
        Status = new V1PodStatus { Conditions = [new V1PodCondition { Type = "Ready", Status = "True" }] },
    };

    private static ModelVersion Version(string name, char digest) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, Namespace = "ns", Uid = name },
        Spec = new ModelVersionSpec { Model = "m", Version = "1.0.0", Artifact = new ModelArtifact { Uri = $"pvc://models/{name}", Digest = "sha256:" + new string(digest, 64) } },
        Status = new ModelVersionStatus { Conditions = [new V1Condition { Type = "Ready", Status = "True" }] },
    };

    private enum Kind
    {
        /// <summary>Enough requests of both, no failures.</summary>
        Good,

        /// <summary>A third of the candidate's requests fail.</summary>
        Bad,

        /// <summary>No requests.</summary>
        Quiet,

        /// <summary>The gateway does not answer.</summary>
        Silent,

        /// <summary>The gateway forgot its counters.</summary>
        Restart,

        /// <summary>No pod is ready.</summary>
        NotReady,
    }

    private sealed record Moment(Kind Kind, int Seconds);

    private sealed record Look(DateTimeOffset At, InferenceServiceStatus Status, IReadOnlyList<Transition> Transitions, ServiceTraffic Traffic, bool WasReady, IReadOnlyDictionary<int, long> CandidateRequests);
}
