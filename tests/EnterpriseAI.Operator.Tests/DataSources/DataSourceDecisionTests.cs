using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.DataSources;

namespace EnterpriseAI.Operator.Tests.DataSources;

public sealed class DataSourceDecisionTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void A_new_data_source_gets_a_pod_that_reads_it()
    {
        var plan = Decide(Source());
        var pod = plan.Apply.Single<V1Pod>();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Status.ProfileJob, Ready(plan).Status), Is.EqualTo((DataSourcePhase.Profiling, pod.Metadata.Name, "False")));
            Assert.That(pod.Metadata.OwnerReferences!.Single().Uid, Is.EqualTo("data-uid"));
            Assert.That(pod.Spec!.Containers![0].Image, Is.EqualTo("agent-image"));
            Assert.That(pod.Spec.Containers[0].Args, Does.Contain("--source=file:/source/penguins.csv").And.Contain("--format=Csv"));
            Assert.That(pod.Spec.Volumes!.Single(v => v.Name == "source").PersistentVolumeClaim, Is.EqualTo(new V1PersistentVolumeClaimVolumeSource { ClaimName = "lake", ReadOnly = true }));
            Assert.That(pod.Spec.AutomountServiceAccountToken, Is.False);
            Assert.That(plan.Apply.Single<V1NetworkPolicy>().Spec!.Egress, Is.Null, "what reads a volume calls nobody");
            Assert.That(plan.Transitions, Is.Empty);
        }
    }

    [Test]
    public void Data_on_the_web_needs_no_volume()
    {
        var plan = Decide(Source(s => s with { Source = new DataLocation { Http = new HttpLocation { Url = "https://example.org/p.csv" } } }));
        var pod = plan.Apply.Single<V1Pod>();
        Assert.That(pod.Spec!.Containers![0].Args, Does.Contain("--source=https://example.org/p.csv"));
        Assert.That(pod.Spec.Volumes!.Select(v => v.Name), Is.EqualTo(new[] { "tmp" }));
        Assert.That(plan.Apply.Single<V1NetworkPolicy>().EgressPorts(), Is.EqualTo(new int?[] { 53, 443 }));
    }

    [Test]
    public void A_result_becomes_fingerprint_schema_quality_and_classification()
    {
        var plan = Finished(Source(), Result());
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, plan.Status.LastProfiled), Is.EqualTo((DataSourcePhase.Ready, Noon)));
            Assert.That((plan.Status.Snapshot!.Digest, plan.Status.Snapshot.Rows), Is.EqualTo(("sha256:abc", 344)));
            Assert.That(plan.Status.Schema!.Columns.Single(), Is.EqualTo(new ObservedColumn { Name = "species", Type = ColumnType.String, Nullable = true, Completeness = 0.98 }));
            Assert.That((plan.Status.Quality!.Score, plan.Status.Quality.Dimensions!.Completeness), Is.EqualTo((0.97, 0.98)));
            Assert.That(plan.Status.Classification!.Findings.Single().Entity, Is.EqualTo("Email"));
            Assert.That(plan.Status.Conditions.Select(c => (c.Type, c.Status)), Is.EquivalentTo(new[] { ("Reachable", "True"), ("SchemaValid", "True"), ("QualityMet", "True"), ("Ready", "True") }));
            Assert.That(Ready(plan).Message, Is.EqualTo("344 rows, 1 columns, quality 0.970"));
            Assert.That(plan.Transitions.Single().Details, Is.SupersetOf(new Dictionary<string, string> { ["digest"] = "sha256:abc", ["rows"] = "344", ["ready"] = "true" }));
        }
    }

    [Test]
    public void A_profile_is_recorded_once()
    {
        var source = Source();
        var (first, repeated) = (Finished(source, Result()), Finished(source, Result(), Noon.AddSeconds(3)));
        var after = Finished(source with { Status = first.Status }, Result(), Noon.AddMinutes(5));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Transitions.Single().Action, Is.EqualTo("DataSourceProfiled"));
            Assert.That(repeated.Transitions.Single().Occurrence, Is.EqualTo(first.Transitions.Single().Occurrence));
            Assert.That(after.Transitions, Is.Empty);
            Assert.That(Json(after.Status), Is.EqualTo(Json(first.Status)));
        }
    }

    [Test]
    public void The_declared_level_stands_where_the_data_shows_none()
    {
        var source = Source(s => s with { Classification = new ClassificationRules { Level = ConfidentialityLevel.Restricted } });
        Assert.That(Finished(source, Result()).Status.Classification!.Level, Is.EqualTo(ConfidentialityLevel.Restricted));
    }

    [Test]
    public void Data_that_breaks_an_enforced_schema_is_not_ready_and_says_which_column()
    {
        var plan = Finished(Source(), Result(violation: "column 'species' has 3 nulls"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, Ready(plan).Status, Ready(plan).Reason), Is.EqualTo((DataSourcePhase.Degraded, "False", "SchemaViolated")));
            Assert.That(Ready(plan).Message, Is.EqualTo("the data breaks its schema: column 'species' has 3 nulls"));
            Assert.That(plan.Transitions.Single().IsWarning);
            Assert.That(plan.Status.Snapshot, Is.Not.Null, "it was read all the same");
        }
    }

    [Test]
    public void A_schema_that_only_warns_leaves_the_data_usable()
    {
        var plan = Finished(Source(s => s with { Schema = new DataSchema { Policy = SchemaPolicy.Warn } }), Result(violation: "column 'species' has 3 nulls"));
        Assert.That((plan.Status.Phase, Ready(plan).Status, Condition(plan, "SchemaValid").Status), Is.EqualTo((DataSourcePhase.Ready, "True", "False")));
    }

    [Test]
    public void Data_below_its_quality_rules_is_not_ready_and_says_which_rule()
    {
        var plan = Finished(Source(), Result(unmet: "completeness is 0.8, below 0.95"));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((plan.Status.Phase, Ready(plan).Reason, Condition(plan, "QualityMet").Status), Is.EqualTo((DataSourcePhase.Degraded, "QualityNotMet", "False")));
            Assert.That(Ready(plan).Message, Is.EqualTo("the data does not meet its quality rules: completeness is 0.8, below 0.95"));
        }
    }

    [TestCase(null)]
    [TestCase("no json")]
    [TestCase("""{"snapshot":{"digest":"sha256:abc"}}""")]
    [TestCase("""{"snapshot":null,"schema":null,"quality":null,"classification":null}""")]
    public void A_result_of_another_shape_is_refused_as_a_whole(string? message)
    {
        var plan = Finished(Source(), message);
        Assert.That((plan.Status.Phase, Ready(plan).Reason, plan.Status.Snapshot), Is.EqualTo((DataSourcePhase.Failed, "UnreadableResult", (DataSnapshot?)null)));
    }

    [TestCase(1, 60)]
    [TestCase(2, 15)]
    public void A_failure_says_what_the_agent_said_and_is_tried_again(int code, int seconds)
    {
        var pod = Ended(code, """{"error":{"reason":"FileNotFound","message":"penguins.csv is missing; put it on the volume"}}""");
        var (at, before) = (Decide(Source(), Noon.AddSeconds(seconds), pod), Decide(Source(), Noon.AddSeconds(seconds - 1), pod));
        using (Assert.EnterMultipleScope())
        {
            Assert.That((before.Status.Phase, Ready(before).Reason, Ready(before).Message), Is.EqualTo((DataSourcePhase.Failed, "FileNotFound", "penguins.csv is missing; put it on the volume")));
            Assert.That((before.Delete.Count, before.RequeueAfter), Is.EqualTo((0, TimeSpan.FromSeconds(1))), "the pod stays until then, for its log");
            Assert.That(at.Delete.Single().Object.Metadata.Uid, Is.EqualTo("pod-uid"));
            Assert.That(before.Transitions.Single().Action, Is.EqualTo("DataSourceProfileFailed"));
            Assert.That(Decide(Source() with { Status = before.Status }, Noon.AddSeconds(seconds), pod).Transitions, Is.Empty);
        }
    }

    [Test]
    public void While_a_failed_run_is_tried_again_its_failure_stays_visible()
    {
        var failed = Source() with { Status = Decide(Source(), Noon, Ended(1, """{"error":{"reason":"FileNotFound","message":"missing"}}""")).Status };
        var (created, running) = (Decide(failed, Noon.AddSeconds(61)), Decide(failed, Noon.AddSeconds(62), Running()));
        Assert.That(created.Apply.Single<V1Pod>().Metadata.Name, Is.EqualTo(failed.Status.ProfileJob));
        Assert.That((created.Status, running.Status), Is.EqualTo((failed.Status, failed.Status)));
        Assert.That(Decide(failed, Noon.AddSeconds(70), Ended(0, Result())).Status.Phase, Is.EqualTo(DataSourcePhase.Ready));
    }

    [Test]
    public void A_missing_volume_makes_the_data_unreachable_and_is_recorded_once()
    {
        var pod = Unschedulable("0/3 nodes are available: persistentvolumeclaim \"lake\" not found");
        var plan = Decide(Source(), Noon, pod);
        using (Assert.EnterMultipleScope())
        {
            Assert.That((Condition(plan, "Reachable").Reason, Ready(plan).Status), Is.EqualTo(("VolumeNotAvailable", "False")));
            Assert.That(Condition(plan, "Reachable").Message, Does.Contain("\"lake\" not found"));
            Assert.That(plan.Transitions.Single().Action, Is.EqualTo("DataSourceUnreachable"));
            Assert.That(Decide(Source() with { Status = plan.Status }, Noon.AddSeconds(5), pod).Transitions, Is.Empty);
        }
    }

    [Test]
    public void Before_the_next_tick_nothing_is_read_and_the_decision_comes_back_at_the_tick()
    {
        var source = Source(s => s with { Schedule = "0 * * * *" });
        var ready = source with { Status = Finished(source, Result(), Noon.AddMinutes(1)).Status };
        var plan = Decide(ready, Noon.AddMinutes(59), Ended(0, Result()));
        Assert.That((plan.Apply.Count, plan.Delete.Count, plan.RequeueAfter, plan.Status.NextProfile), Is.EqualTo((0, 0, TimeSpan.FromMinutes(1), Noon.AddHours(1))));
    }

    [Test]
    public void At_the_tick_the_data_is_read_anew_and_stays_usable_meanwhile()
    {
        var source = Source(s => s with { Schedule = "0 * * * *" });
        var ready = source with { Status = Finished(source, Result(), Noon.AddMinutes(1)).Status };
        var old = Ended(0, Result()) with { Metadata = new V1ObjectMeta { Name = ready.Status!.ProfileJob, Namespace = "ns", Uid = "old-uid" } };
        var plan = DataSourceDecision.Decide(new DataSourceObservation(ready, new Dictionary<string, V1Pod> { [old.Metadata.Name!] = old }, "agent-image"), Noon.AddHours(1));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(plan.Apply.Single<V1Pod>().Metadata.Name, Is.Not.EqualTo(ready.Status.ProfileJob));
            Assert.That(plan.Delete.Single().Object.Metadata.Uid, Is.EqualTo("old-uid"));
            Assert.That((plan.Status.Phase, Ready(plan).Status, plan.Status.Snapshot!.Digest), Is.EqualTo((DataSourcePhase.Profiling, "True", "sha256:abc")));
            Assert.That(plan.Status.NextProfile, Is.EqualTo(Noon.AddHours(2)));
        }
    }

    [Test]
    public void A_change_of_the_owner_does_not_read_the_data_again()
    {
        var source = Source();
        var changed = Source(s => s with { Owner = "another team" }, generation: 2) with { Status = Finished(source, Result()).Status };
        var plan = Decide(changed, Noon.AddMinutes(1));
        Assert.That((plan.Apply.Count, plan.Status.Phase, plan.Status.ObservedGeneration, Ready(plan).ObservedGeneration), Is.EqualTo((0, DataSourcePhase.Ready, 2, 2)));
    }

    [Test]
    public void A_change_of_the_rules_reads_the_data_again_before_it_is_ready()
    {
        var changed = Source(s => s with { Quality = new DataQualityRules { Completeness = new CompletenessRule { Minimum = 0.9 } } }, generation: 2) with { Status = Finished(Source(), Result()).Status };
        var plan = Decide(changed, Noon.AddMinutes(1));
        Assert.That((plan.Apply.Count(a => a.Object is V1Pod), plan.Status.Phase, Ready(plan).Status), Is.EqualTo((1, DataSourcePhase.Profiling, "False")));
    }

    [Test]
    public void A_data_source_of_the_same_name_that_was_made_anew_is_another_run()
    {
        var source = Source();
        var anew = source with { Metadata = source.Metadata with { Uid = "another-uid" } };
        Assert.That(ProfilePod.Name(anew, null), Is.Not.EqualTo(ProfilePod.Name(source, null)));
    }

    [TestCase("spec.drift")]
    [TestCase("spec.source.s3")]
    [TestCase("spec.source.http.secretRef")]
    public void What_this_version_cannot_do_is_refused_by_the_field_s_name(string field)
    {
        var plan = Decide(Source(s => field switch
        {
            "spec.drift" => s with { Drift = new DriftDetection() },
            "spec.source.s3" => s with { Source = new DataLocation { S3 = new S3Location { Bucket = "lake" } } },
            _ => s with { Source = new DataLocation { Http = new HttpLocation { Url = "https://example.org/p.csv", SecretRef = new SecretReference { Name = "token" } } } },
        }));
        Assert.That((plan.Status.Phase, Ready(plan).Reason, plan.Apply.Count), Is.EqualTo((DataSourcePhase.Failed, "NotSupported", 0)));
        Assert.That(Ready(plan).Message, Does.StartWith(field));
    }

    [Test]
    public void An_invalid_spec_names_the_field()
    {
        var (schedule, claim) = (Decide(Source(s => s with { Schedule = "whenever" })), Decide(Source(s => s with { Source = new DataLocation { PersistentVolumeClaim = new ClaimLocation { Path = "penguins.csv" } } })));
        Assert.That((Ready(schedule).Reason, Ready(claim).Reason, schedule.Apply.Count), Is.EqualTo(("InvalidSpec", "InvalidSpec", 0)));
        Assert.That(Ready(schedule).Message, Does.StartWith("spec.schedule: "));
        Assert.That(Ready(claim).Message, Does.StartWith("spec.source.persistentVolumeClaim.claimName: "));
    }

    private static V1Condition Ready(DataSourcePlan plan) => Condition(plan, "Ready");

    private static V1Condition Condition(DataSourcePlan plan, string type) => plan.Status.Conditions.Single(c => c.Type == type);

    private static string Json(DataSourceStatus status) => JsonSerializer.Serialize(status, ApiJsonContext.Default.DataSourceStatus);

    private static DataSourcePlan Finished(DataSource source, string? result, DateTimeOffset? now = null) => Decide(source, now, Ended(0, result));

    /// <param name="pod">Stands for the run that is due.</param>
    private static DataSourcePlan Decide(DataSource source, DateTimeOffset? now = null, V1Pod? pod = null)
    {
        var at = now ?? Noon;
        var run = ProfilePod.Name(source, CronSchedule.TryParse(source.Spec.Schedule, out var schedule, out _) ? schedule.LastAtOrBefore(at) : null);
        var pods = pod is null ? [] : new Dictionary<string, V1Pod> { [run] = pod with { Metadata = pod.Metadata with { Name = run } } };
        return DataSourceDecision.Decide(new DataSourceObservation(source, pods, "agent-image"), at);
    }

    private static DataSource Source(Func<DataSourceSpec, DataSourceSpec>? change = null, long generation = 1)
    {
        var spec = new DataSourceSpec
        {
            Source = new DataLocation { PersistentVolumeClaim = new ClaimLocation { ClaimName = "lake", Path = "penguins.csv" } },
            Format = DataFormat.Csv,
        };
        return new DataSource
        {
            Metadata = new V1ObjectMeta { Name = "penguins", Namespace = "ns", Uid = "data-uid", Generation = generation },
            Spec = change is null ? spec : change(spec),
        };
    }

    private static string Result(string? violation = null, string? unmet = null) => $$"""
        {
          "snapshot": {"digest": "sha256:abc", "rows": 344, "bytes": 13478},
          "schema": {
            "columns": [{"name": "species", "type": "String", "nullable": true, "completeness": 0.98}],
            "valid": {{(violation is null ? "true" : "false")}},
            "violations": [{{(violation is null ? "" : $$"""{"column": "species", "message": "{{violation}}"}""")}}]
          },
          "quality": {
            "score": 0.97, "dimensions": {"completeness": 0.98}, "failedExpectations": [],
            "met": {{(unmet is null ? "true" : "false")}}, "unmet": [{{(unmet is null ? "" : $"\"{unmet}\"")}}]
          },
          "classification": {"level": null, "findings": [{"column": "contact", "entity": "Email", "framework": "Pii", "confidence": 0.9}]}
        }
        """;

    private static V1Pod Running() => Pod(new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Noon } } }] });

    private static V1Pod Ended(int code, string? message) => Pod(new V1PodStatus
    {
        ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Terminated = new V1ContainerStateTerminated { ExitCode = code, Message = message, FinishedAt = Noon } } }],
    });

    private static V1Pod Unschedulable(string message) => Pod(new V1PodStatus
    {
        Phase = "Pending",
        Conditions = [new V1PodCondition { Type = "PodScheduled", Status = "False", Reason = "Unschedulable", Message = message }],
    });

    private static V1Pod Pod(V1PodStatus status) => new() { Metadata = new V1ObjectMeta { Namespace = "ns", Uid = "pod-uid" }, Status = status };
}
