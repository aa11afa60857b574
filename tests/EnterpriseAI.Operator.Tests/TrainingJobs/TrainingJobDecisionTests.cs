using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.TrainingJobs;
using EnterpriseAI.Operator.TrainingJobs.Gang;
using static EnterpriseAI.Operator.Tests.TrainingJobs.Training;

namespace EnterpriseAI.Operator.Tests.TrainingJobs;

public sealed class TrainingJobDecisionTests
{
    [Test]
    public void A_gang_that_fits_is_admitted_as_a_whole_before_any_pod_exists()
    {
        var plan = Decide(Observe(Job()));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Admits, Is.EqualTo(1));
            Assert.That(plan.Apply, Is.Empty);
            Assert.That((plan.Status.Phase, plan.Status.StartTime, plan.Status.QueuePosition), Is.EqualTo((TrainingPhase.Starting, Noon, (int?)null)));
            Assert.That(plan.Status.Attempts.Single(), Is.EqualTo(new TrainingAttempt { Number = 1, StartedAt = Noon }));
            Assert.That(plan.Condition("Admitted").Message, Is.EqualTo("all 2 pods have a place"));
        }
    }

    [Test]
    public void An_admission_is_recorded_once_with_purpose_and_digests_of_the_data()
    {
        var details = Decide(Observe(Job())).Transitions.Single().Details;
        using (Assert.EnterMultipleScope())
        {
            Assert.That(details["purpose"], Is.EqualTo("research"));
            Assert.That(details["inputs"], Is.EqualTo($"data@{Digest}"));
            Assert.That(details["attempt"], Is.EqualTo("1"));
        }
        HappensOnce(Observe(Job()), "TrainingAdmitted");
    }

    [Test]
    public void A_gang_without_room_waits_as_a_whole_and_tells_its_position_and_what_is_short()
    {
        var queued = Full(3);
        var plan = Decide(queued);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Admits, plan.Status.Phase, plan.Status.QueuePosition), Is.EqualTo(((int?)null, TrainingPhase.Queued, 3)));
            Assert.That(plan.Status.Attempts, Is.Empty);
            Assert.That(plan.Apply, Is.Empty);
            Assert.That(plan.Condition("Ready").Message, Is.EqualTo("position 3 in queue '': needs 4 nvidia.com/gpu, 2 are free"));
            Assert.That(plan.RequeueAfter, Is.Not.Null);
        }
        HappensOnce(queued, "TrainingQueued");
    }

    [Test]
    public void A_queued_job_shows_its_new_position_and_loses_it_on_admission()
    {
        var queued = Job(Decide(Full(3)).Status);
        var (moved, admitted) = (Decide(Full(1) with { Resource = queued }), Decide(Observe(queued)));
        Assert.That((moved.Status.QueuePosition, moved.Transitions.Count), Is.EqualTo((1, 0)));
        Assert.That((admitted.Status.Phase, admitted.Status.QueuePosition), Is.EqualTo((TrainingPhase.Starting, (int?)null)));
    }

    [Test]
    public void Room_is_not_asked_for_while_an_attempt_runs() =>
        Assert.That(
            () => Decide(Observe(Job(Attempt()), Running(Master), Running(Worker)) with { Ask = () => throw new InvalidOperationException("asked") }),
            Throws.Nothing);

    [Test]
    public void A_missing_data_source_is_named_and_stops_the_start()
    {
        var plan = Decide(Observe(Job()) with { DataSources = new Dictionary<string, DataSource>() });
        Assert.That((plan.Status.Phase, plan.Admits, plan.Condition("Ready").Reason), Is.EqualTo((TrainingPhase.Pending, (int?)null, "InputNotFound")));
        Assert.That(plan.Condition("Ready").Message, Is.EqualTo("spec.inputs: there is no DataSource 'data' in namespace 'ns'"));
    }

    [Test]
    public void Data_that_is_not_ready_stops_the_start_and_says_why()
    {
        var plan = Decide(Observe(Job()) with { DataSources = new Dictionary<string, DataSource> { ["data"] = Source(ready: false) } });
        Assert.That((plan.Admits, plan.Condition("Ready").Reason, plan.Condition("Ready").Message), Is.EqualTo(((int?)null, "InputNotReady", "DataSource data is not ready: penguins.csv is missing")));
    }

    [Test]
    public void Data_without_a_volume_claim_is_refused()
    {
        var source = Source();
        var web = source with { Spec = source.Spec with { Source = new DataLocation { Http = new HttpLocation { Url = "https://example.org/p.csv" } } } };
        var plan = Decide(Observe(Job()) with { DataSources = new Dictionary<string, DataSource> { ["data"] = web } });
        Assert.That((plan.Admits, plan.Condition("Ready").Reason), Is.EqualTo(((int?)null, "NotSupported")));
        Assert.That(plan.Condition("Ready").Message, Does.Contain("volume claim"));
    }

    [TestCase("research", true)]
    [TestCase("marketing", false)]
    [TestCase(null, false)]
    public void Data_is_used_for_permitted_purposes_only(string? purpose, bool admitted)
    {
        var source = Source();
        var job = Job();
        var plan = Decide(Observe(job with { Spec = job.Spec with { Purpose = purpose } }) with
        {
            DataSources = new Dictionary<string, DataSource> { ["data"] = source with { Spec = source.Spec with { Governance = new DataGovernance { PermittedPurposes = ["research"] } } } },
        });
        Assert.That(plan.Admits is not null, Is.EqualTo(admitted));
        if (!admitted)
            Assert.That((plan.Condition("Ready").Reason, plan.Condition("Ready").Message), Is.EqualTo(("PurposeNotPermitted", $"spec.purpose '{purpose}' is not permitted by DataSource data, which permits research")));
    }

    [Test]
    public void An_invalid_spec_names_the_field()
    {
        var job = Job();
        var plan = Decide(Observe(job with { Spec = job.Spec with { Roles = [] } }));
        Assert.That((plan.Condition("Ready").Reason, plan.Condition("Ready").Message), Is.EqualTo(("InvalidSpec", "spec.roles: at least one role is needed")));
    }

    private static IEnumerable<TestCaseData> Unsupported()
    {
        var spec = Job().Spec;
        yield return new TestCaseData(spec with { Framework = TrainingFramework.Mpi }).SetArgDisplayNames("spec.framework");
        yield return new TestCaseData(spec with { Gang = new GangPolicy { TopologyKey = "zone" } }).SetArgDisplayNames("spec.gang.topologyKey");
        yield return new TestCaseData(spec with { RestartPolicy = new TrainingRestartPolicy { Scope = RestartScope.Replica } }).SetArgDisplayNames("spec.restartPolicy.scope");
        yield return new TestCaseData(spec with { Roles = [Role("worker") with { Replicas = 2, MinReplicas = 1 }] }).SetArgDisplayNames("spec.roles[].minReplicas");
        yield return new TestCaseData(spec with { Output = spec.Output! with { SigningKeySecret = null } }).SetArgDisplayNames("spec.output.signingKeySecret");
    }

    [TestCaseSource(nameof(Unsupported))]
    public void What_this_version_cannot_do_is_refused_by_the_field_s_name(TrainingJobSpec spec)
    {
        var plan = Decide(Observe(Job() with { Spec = spec }));
        Assert.That((plan.Admits, plan.Status.Phase, plan.Condition("Ready").Reason), Is.EqualTo(((int?)null, TrainingPhase.Pending, "NotSupported")));
        Assert.That(plan.Condition("Ready").Message, Does.StartWith(TestContext.CurrentContext.Test.Name.Split('(', 2)[1].TrimEnd(')')));
    }

    [Test]
    public void Suspension_stops_every_pod_and_closes_the_attempt_with_its_GPU_time()
    {
        var observation = Observe(Suspended(Attempt()), Running(Master, 30), Running(Worker, 30));
        var plan = Decide(observation);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Status.Phase, Is.EqualTo(TrainingPhase.Suspended));
            Assert.That(plan.Deleted(), Is.EquivalentTo(new[] { Master, Worker }));
            Assert.That((plan.Status.Attempts.Single().Outcome, plan.Status.Attempts.Single().FinishedAt), Is.EqualTo((AttemptOutcome.Suspended, Noon)));
            Assert.That(plan.Status.GpuSeconds, Is.EqualTo(120));
        }
        HappensOnce(observation, "TrainingSuspended");
    }

    [Test]
    public void A_suspension_is_recorded_again_for_a_new_generation_because_the_log_may_hold_what_came_in_between()
    {
        var job = Job(new TrainingJobStatus { Phase = TrainingPhase.Suspended, ObservedGeneration = 1 });
        var resumedAndSuspended = job with { Metadata = job.Metadata with { Generation = 3 }, Spec = job.Spec with { Suspend = true } };
        Assert.That(TrainingJobDecision.Decide(Observe(resumedAndSuspended), Noon).Transitions.Select(t => t.Action), Is.EqualTo(new[] { "TrainingSuspended" }));
        HappensOnce(Observe(resumedAndSuspended), "TrainingSuspended");
    }

    [Test]
    public void A_job_created_suspended_never_asks_for_room()
    {
        var plan = Decide(Observe(Suspended(null)) with { Ask = () => throw new InvalidOperationException("asked") });
        Assert.That((plan.Status.Phase, plan.Admits), Is.EqualTo((TrainingPhase.Suspended, (int?)null)));
    }

    [Test]
    public void A_resumed_job_waits_for_its_old_pods_to_go_and_starts_another_attempt()
    {
        var suspended = Decide(Observe(Suspended(Attempt()), Running(Master), Running(Worker))).Status;
        var cleaning = Decide(Observe(Job(suspended), Running(Worker)));
        var started = Decide(Observe(Job(suspended)));
        Assert.That((cleaning.Admits, cleaning.Condition("Ready").Reason, cleaning.Deleted()[0]), Is.EqualTo(((int?)null, "CleaningUp", Worker)));
        Assert.That((started.Admits, started.Status.Attempts.Count), Is.EqualTo((2, 2)));
    }

    [Test]
    public void A_job_suspended_while_it_publishes_goes_on_publishing_and_does_not_train_again()
    {
        var trained = Decide(Observe(Job(Attempt()), Ended(Master, 0), Ended(Worker, 0))).Status;
        Assert.That(trained.Phase, Is.EqualTo(TrainingPhase.Publishing));
        var suspended = Decide(Observe(Suspended(trained), Ended(Master, 0), Running("penguins-publish")));
        var resumed = Decide(Observe(Job(suspended.Status)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(suspended.Deleted(), Does.Contain("penguins-publish"), "no pod of a suspended job runs");
            Assert.That((resumed.Admits, resumed.Status.Phase), Is.EqualTo(((int?)null, TrainingPhase.Publishing)));
            Assert.That(resumed.Apply.Single<V1Pod>().Metadata.Name, Is.EqualTo("penguins-publish"));
        }
    }

    [Test]
    public void A_job_that_runs_longer_than_its_deadline_fails_frees_its_GPUs_and_keeps_ended_pods_for_their_logs()
    {
        var job = Job(Attempt());
        var observation = Observe(job with { Spec = job.Spec with { ActiveDeadlineSeconds = 60 } }, Ended(Master, 0), Running(Worker));
        Assert.That(Decide(observation, Noon.AddSeconds(59)).Status.Phase, Is.EqualTo(TrainingPhase.Running));

        var plan = Decide(observation, Noon.AddSeconds(60));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Status.CompletionTime), Is.EqualTo((TrainingPhase.Failed, Noon.AddSeconds(60))));
            Assert.That((plan.Condition("Failed").Reason, plan.Condition("Ready").Status), Is.EqualTo(("DeadlineExceeded", "False")));
            Assert.That(plan.Condition("Ready").Message, Does.Contain("activeDeadlineSeconds (60 s)"));
            Assert.That(plan.Deleted(), Is.EqualTo(new[] { Worker }));
            Assert.That(plan.Status.Attempts.Single().Outcome, Is.EqualTo(AttemptOutcome.Failed));
        }
        HappensOnce(observation, "TrainingFailed", Noon.AddSeconds(60));
    }

    [TestCase(TrainingPhase.Succeeded)]
    [TestCase(TrainingPhase.Failed)]
    public void A_finished_job_is_left_alone_whatever_is_observed(TrainingPhase phase)
    {
        var status = Attempt() with { Phase = phase, CompletionTime = Noon };
        var plan = Decide(Observe(Suspended(status)), Noon.AddDays(1));
        Assert.That(plan.Status, Is.SameAs(status));
        Assert.That((plan.Apply.Count, plan.Delete.Count, plan.Transitions.Count, plan.RequeueAfter), Is.EqualTo((0, 0, 0, (TimeSpan?)null)));
    }

    [Test]
    public void A_finished_job_is_deleted_when_its_time_to_live_is_over_and_not_before()
    {
        var job = Job(Attempt() with { Phase = TrainingPhase.Succeeded, CompletionTime = Noon });
        job = job with { Spec = job.Spec with { TtlSecondsAfterFinished = 100 } };
        var (before, after) = (Decide(Observe(job), Noon.AddSeconds(40)), Decide(Observe(job), Noon.AddSeconds(100)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((before.Delete.Count, before.RequeueAfter), Is.EqualTo((0, TimeSpan.FromSeconds(60))));
            Assert.That(after.Delete.Single().Object, Is.SameAs(job));
            Assert.That(after.Transitions.Single().Action, Is.EqualTo("TrainingExpired"));
        }
    }

    private static TrainingJob Suspended(TrainingJobStatus? status) => Job(status) with { Spec = Job().Spec with { Suspend = true } };

    private static TrainingJobObservation Full(int position) =>
        Observe(Job()) with { Ask = () => new GangAdmission(false, position, "needs 4 nvidia.com/gpu, 2 are free") };
}
