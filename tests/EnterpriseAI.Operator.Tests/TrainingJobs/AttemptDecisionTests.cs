using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using static EnterpriseAI.Operator.Tests.TrainingJobs.Training;

namespace EnterpriseAI.Operator.Tests.TrainingJobs;

public sealed class AttemptDecisionTests
{
    [Test]
    public void An_admitted_attempt_gets_its_service_and_all_of_its_pods_at_once()
    {
        var plan = Decide(Observe(Job(Attempt(phase: TrainingPhase.Starting))));
        var pods = plan.Apply.Select(a => a.Object).OfType<V1Pod>().ToList();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Apply.Take(2).Select(a => a.Object.Kind), Is.EqualTo(new[] { "NetworkPolicy", "Service" }), "a pod never runs without either");
            Assert.That(pods.Select(p => p.Metadata.Labels!), Is.All.SupersetOf(plan.Apply.Single<V1NetworkPolicy>().Spec!.Egress![1].To![0].PodSelector!.MatchLabels!));
            Assert.That(pods.Select(p => p.Metadata.Name), Is.EqualTo(new[] { Master, Worker }));
            Assert.That(pods.Select(p => p.Metadata.Labels![CommonLabels.Rank]), Is.EqualTo(new[] { "0", "1" }));
            Assert.That(pods.Select(p => p.Metadata.Labels![CommonLabels.Attempt]), Is.All.EqualTo("1"));
            Assert.That(Environment(pods[1], "RANK"), Is.EqualTo("1"));
            Assert.That(Environment(pods[1], "WORLD_SIZE"), Is.EqualTo("2"));
            Assert.That(Environment(pods[1], "MASTER_ADDR"), Is.EqualTo(Environment(pods[0], "MASTER_ADDR")));
            Assert.That(Environment(pods[1], "MASTER_ADDR"), Does.StartWith($"{pods[0].Spec!.Hostname}.{pods[0].Spec!.Subdomain}"));
            Assert.That(pods[0].Spec!.Volumes!.Single(v => v.Name == "input-0").PersistentVolumeClaim, Is.EqualTo(new V1PersistentVolumeClaimVolumeSource { ClaimName = "lake", ReadOnly = true }));
            Assert.That(pods[0].Spec!.AutomountServiceAccountToken, Is.False);
            Assert.That(pods[0].Spec!.Volumes!.Any(v => v.Secret is not null), Is.False, "training code never sees the signing key");
        }
    }

    [Test]
    public void Only_missing_pods_are_created_while_the_attempt_starts()
    {
        var plan = Decide(Observe(Job(Attempt(phase: TrainingPhase.Starting)), Running(Master)));
        Assert.That(plan.Apply.Select(a => a.Object).OfType<V1Pod>().Select(p => p.Metadata.Name), Is.EqualTo(new[] { Worker }));
        Assert.That(plan.Status.Phase, Is.EqualTo(TrainingPhase.Starting));
    }

    [Test]
    public void The_checkpoint_volume_is_mounted_in_every_pod_of_every_attempt()
    {
        var job = Job(Attempt(2, TrainingPhase.Starting));
        job = job with { Spec = job.Spec with { Checkpoint = new CheckpointVolume { ClaimName = "checkpoints", MountPath = "/ckpt" } } };
        var pods = Decide(Observe(job)).Apply.Select(a => a.Object).OfType<V1Pod>().ToList();
        Assert.That(pods.Select(p => p.Metadata.Name), Is.EqualTo(new[] { "penguins-master-0-2", "penguins-worker-0-2" }));
        Assert.That(pods.Select(p => p.Spec!.Volumes!.Single(v => v.Name == "checkpoint").PersistentVolumeClaim!.ClaimName), Is.All.EqualTo("checkpoints"));
        Assert.That(pods.Select(p => p.Spec!.Containers![0].VolumeMounts!.Single(m => m.Name == "checkpoint").MountPath), Is.All.EqualTo("/ckpt"));
    }

    [Test]
    public void A_pod_that_waits_is_named_with_what_it_waits_for()
    {
        var plan = Decide(Observe(Job(Attempt(phase: TrainingPhase.Starting)), Running(Master), Waiting(Worker, "ImagePullBackOff", "no such image")));
        Assert.That((plan.Condition("Ready").Reason, plan.Condition("Ready").Message), Is.EqualTo(("ImagePullBackOff", $"pod {Worker} waits: no such image")));
    }

    [Test]
    public void The_job_runs_when_all_pods_run()
    {
        var observation = Observe(Job(Attempt(phase: TrainingPhase.Starting)), Running(Master), Running(Worker));
        var plan = Decide(observation);
        Assert.That(plan.Status.Phase, Is.EqualTo(TrainingPhase.Running));
        Assert.That(plan.Status.Roles["worker"], Is.EqualTo(new RoleStatus { Desired = 1, Active = 1, Ready = 1 }));
        HappensOnce(observation, "TrainingRunning");
    }

    [Test]
    public void A_gang_that_does_not_start_within_its_timeout_gives_its_place_back()
    {
        var job = Job(Attempt(phase: TrainingPhase.Starting));
        var observation = Observe(job with { Spec = job.Spec with { Gang = new GangPolicy { Timeout = new Duration("2m") } } }, Running(Master), Waiting(Worker, "Unschedulable", "0/3 nodes are available"));
        Assert.That(Decide(observation, Noon.AddMinutes(2)).Status.Phase, Is.EqualTo(TrainingPhase.Starting));
        var plan = Decide(observation, Noon.AddMinutes(2).AddSeconds(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Status.Attempts[0].Reason), Is.EqualTo((TrainingPhase.Queued, "GangTimeout")));
            Assert.That(plan.Status.Attempts[0].Message, Does.Contain(Worker).And.Contain("gang.timeout").And.Contain("0/3 nodes are available"));
            Assert.That(plan.Deleted(), Is.EquivalentTo(new[] { Master, Worker }));
        }
    }

    [Test]
    public void A_permanent_exit_code_ends_the_job_and_names_pod_and_code()
    {
        var observation = Observe(Job(Attempt()), Running(Master), Ended(Worker, 1, message: """{"error":{"reason":"ColumnMissing","message":"penguins.csv has no column 'species'"}}"""));
        var plan = Decide(observation);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Condition("Failed").Reason), Is.EqualTo((TrainingPhase.Failed, "ColumnMissing")));
            Assert.That(plan.Condition("Ready").Message, Is.EqualTo($"pod {Worker}: penguins.csv has no column 'species' (exit code 1 is permanent)"));
            Assert.That(plan.Deleted(), Is.EqualTo(new[] { Master }), "the failed pod stays for its log");
            Assert.That((plan.Status.Attempts[0].Outcome, plan.Status.Attempts[0].Reason), Is.EqualTo((AttemptOutcome.Failed, "ColumnMissing")));
        }
        HappensOnce(observation, "TrainingFailed");
    }

    [TestCase(1, true)]
    [TestCase(2, true)]
    [TestCase(127, true)]
    [TestCase(128, false)]
    [TestCase(137, false)]
    [TestCase(143, false)]
    [TestCase(255, false)]
    public void Without_a_rule_codes_up_to_127_are_permanent(int code, bool permanent) =>
        Assert.That(Decide(Observe(Job(Attempt()), Running(Master), Ended(Worker, code))).Status.Phase, Is.EqualTo(permanent ? TrainingPhase.Failed : TrainingPhase.Queued));

    [TestCase("3,64-78", 3, true)]
    [TestCase("3,64-78", 64, true)]
    [TestCase("3,64-78", 78, true)]
    [TestCase("3,64-78", 79, false)]
    [TestCase("3,64-78", 1, false)]
    [TestCase("1-255", 137, true)]
    public void A_rule_says_which_codes_are_permanent(string codes, int code, bool permanent)
    {
        var job = Job(Attempt());
        var plan = Decide(Observe(job with { Spec = job.Spec with { RestartPolicy = new TrainingRestartPolicy { PermanentExitCodes = codes } } }, Running(Master), Ended(Worker, code)));
        Assert.That(plan.Status.Phase, Is.EqualTo(permanent ? TrainingPhase.Failed : TrainingPhase.Queued));
    }

    [Test]
    public void A_pod_killed_for_memory_restarts_the_whole_gang()
    {
        var observation = Observe(Job(Attempt()), Running(Master), Ended(Worker, 137, reason: "OOMKilled"));
        var plan = Decide(observation);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Condition("Ready").Reason), Is.EqualTo((TrainingPhase.Queued, "Restarting")));
            Assert.That((plan.Status.Attempts.Single().Outcome, plan.Status.Attempts.Single().Reason), Is.EqualTo((AttemptOutcome.Failed, "OOMKilled")));
            Assert.That(plan.Condition("Ready").Message, Does.Contain(Worker).And.Contain("137"));
            Assert.That(plan.Deleted(), Is.EquivalentTo(new[] { Master, Worker }));
            Assert.That(plan.Status.Conditions.Select(c => c.Type), Has.None.EqualTo("Admitted"));
            Assert.That(plan.Transitions.Single().IsWarning);
        }
        HappensOnce(observation, "TrainingAttemptFailed");
    }

    [Test]
    public void An_evicted_pod_restarts_the_whole_gang()
    {
        var plan = Decide(Observe(Job(Attempt()), Running(Master), Evicted(Worker)));
        Assert.That((plan.Status.Phase, plan.Status.Attempts[0].Reason, plan.Status.Attempts[0].Message), Is.EqualTo((TrainingPhase.Queued, "Evicted", $"pod {Worker}: the node was low on memory")));
    }

    [Test]
    public void A_pod_that_vanished_while_the_gang_ran_restarts_it()
    {
        var plan = Decide(Observe(Job(Attempt()), Running(Master)));
        Assert.That((plan.Status.Phase, plan.Status.Attempts[0].Reason), Is.EqualTo((TrainingPhase.Queued, "PodLost")));
        Assert.That(plan.Deleted(), Is.EqualTo(new[] { Master }));
    }

    [Test]
    public void The_pod_that_failed_first_is_judged_not_those_that_fell_with_it()
    {
        var plan = Decide(Observe(Job(Attempt()), Ended(Master, 1, message: "connection reset by peer", at: Noon.AddSeconds(3)), Ended(Worker, 137, at: Noon)), Noon.AddSeconds(4));
        Assert.That((plan.Status.Phase, plan.Status.Attempts[0].Message), Is.EqualTo((TrainingPhase.Queued, $"pod {Worker}: the container exited with code 137; see its log")));
    }

    [Test]
    public void After_the_last_restart_the_next_failure_is_final()
    {
        var job = Job(Attempt(3));
        V1Pod[] pods = [Running("penguins-master-0-3"), Ended("penguins-worker-0-3", 137)];
        TrainingJobSpec Restarts(int count) => job.Spec with { RestartPolicy = new TrainingRestartPolicy { MaxRestarts = count } };
        var (last, again) = (Decide(Observe(job with { Spec = Restarts(2) }, pods)), Decide(Observe(job with { Spec = Restarts(3) }, pods)));
        Assert.That((last.Status.Phase, last.Condition("Failed").Reason), Is.EqualTo((TrainingPhase.Failed, "MaxRestartsExceeded")));
        Assert.That(last.Condition("Failed").Message, Does.Contain("137").And.EndWith("2 restarts are used up"));
        Assert.That(again.Status.Phase, Is.EqualTo(TrainingPhase.Queued));
    }

    [Test]
    public void A_suspension_uses_up_no_restart()
    {
        var status = Attempt(2);
        var job = Job(status with { Attempts = [status.Attempts[0] with { Outcome = AttemptOutcome.Suspended }, status.Attempts[1]] });
        var plan = Decide(Observe(job with { Spec = job.Spec with { RestartPolicy = new TrainingRestartPolicy { MaxRestarts = 1 } } }, Running("penguins-master-0-2"), Ended("penguins-worker-0-2", 137)));
        Assert.That(plan.Status.Phase, Is.EqualTo(TrainingPhase.Queued));
    }

    [Test]
    public void GPU_seconds_are_GPUs_times_running_time_summed_over_pods_and_attempts()
    {
        // 2 GPUs for 60 s and 2 GPUs for 30 s, beside 100 of earlier attempts; the old attempt's pod was counted then.
        var plan = Decide(Observe(Job(Attempt(2) with { GpuSeconds = 100 }), Ended("penguins-master-0-2", 0, 60), Ended("penguins-worker-0-2", 0, 30), Ended(Worker, 0, 999)));
        Assert.That(plan.Status.GpuSeconds, Is.EqualTo(100 + 2 * 60 + 2 * 30));
        Assert.That(plan.Transitions.Single().Details["gpuSeconds"], Is.EqualTo("280"));
    }

    [Test]
    public void Success_of_all_leads_to_publishing()
    {
        var observation = Observe(Job(Attempt()), Ended(Master, 0), Ended(Worker, 0));
        var plan = Decide(observation);
        Assert.That((plan.Status.Phase, plan.Status.CompletionTime, plan.Status.Attempts[0].Outcome), Is.EqualTo((TrainingPhase.Publishing, (DateTimeOffset?)null, AttemptOutcome.Succeeded)));
        HappensOnce(observation, "TrainingSucceeded");
    }

    [Test]
    public void Success_without_an_output_finishes_the_job()
    {
        var job = Job(Attempt());
        var observation = Observe(job with { Spec = job.Spec with { Output = null } }, Ended(Master, 0), Ended(Worker, 0));
        var plan = Decide(observation);
        Assert.That((plan.Status.Phase, plan.Status.CompletionTime, plan.Condition("Ready").Status), Is.EqualTo((TrainingPhase.Succeeded, Noon, "True")));
        HappensOnce(observation, "TrainingSucceeded");
    }

    [Test]
    public void One_pod_that_succeeded_waits_for_the_others()
    {
        var plan = Decide(Observe(Job(Attempt()), Ended(Master, 0), Running(Worker)));
        Assert.That((plan.Status.Phase, plan.Delete.Count, plan.Transitions.Count), Is.EqualTo((TrainingPhase.Running, 0, 0)));
        Assert.That(plan.Status.Roles["master"].Succeeded, Is.EqualTo(1));
    }

    [Test]
    public void Progress_is_the_last_whole_line_of_the_log_and_stays_when_a_log_has_none()
    {
        var observation = Observe(Job(Attempt()), Running(Master), Running(Worker));
        var status = Decide(observation with { LogTail = "{\"progress\":{\"percent\":10}}\n{\"progress\":{\"percent\":20,\"metrics\":{\"loss\":0.5}}}\nplain text\n{\"progress\":{\"perc" }).Status;
        Assert.That((status.Progress!.Percent, status.Progress.Metrics["loss"]), Is.EqualTo((20, 0.5)));
        var next = Decide(observation.With(status) with { LogTail = "nothing of ours" }).Status;
        Assert.That((next.Progress!.Percent, next.LogTail), Is.EqualTo((20, "nothing of ours")));
        Assert.That(Decide(observation.With(status) with { LogTail = null }).Status.LogTail, Is.EqualTo(status.LogTail));
    }

    private static string? Environment(V1Pod pod, string name) => pod.Spec!.Containers![0].Env!.SingleOrDefault(e => e.Name == name)?.Value;
}
