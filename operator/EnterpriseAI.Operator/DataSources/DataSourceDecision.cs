using System.Globalization;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>
/// Decides what a <see cref="DataSource"/> needs: a profile when what is profiled, how, or the tick of its schedule
/// changed; else nothing.
/// </summary>
/// <remarks>
/// The status keeps the last profile while a newer one is being made, so that a training job that needs the data is not
/// held up by an hourly look at it.
/// </remarks>
public static class DataSourceDecision
{
    /// <summary>How long after a failure that another try may mend (a lost node, a network) the data is read again.</summary>
    public static readonly TimeSpan RetryAfterFault = TimeSpan.FromSeconds(15);

    /// <summary>How long after a failure of the input itself: a missing file may appear.</summary>
    public static readonly TimeSpan RetryAfterBadInput = TimeSpan.FromSeconds(60);

    public static DataSourcePlan Decide(DataSourceObservation observation, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var present = resource.Status ?? new DataSourceStatus();
        if (SpecValidation.Validate(resource) is [var error, ..])
            return Refused(resource, present, "InvalidSpec", $"{error.Path}: {error.Message}", now);
        if (Unsupported(resource.Spec) is { } unsupported)
            return Refused(resource, present, "NotSupported", unsupported, now);

        var schedule = CronSchedule.TryParse(resource.Spec.Schedule, out var parsed, out _) ? parsed : null;
        var next = schedule?.NextAfter(now);
        var run = ProfilePod.Name(resource, schedule?.LastAtOrBefore(now));
        var outdated = observation.ProfilePods.Where(pod => pod.Key != run).Select(pod => ObjectDeletion.Of(CoreResources.Pods, pod.Value)).ToList();
        var pod = observation.ProfilePods.GetValueOrDefault(run);

        if (present.ProfileJob == run && present.Phase is DataSourcePhase.Ready or DataSourcePhase.Degraded && IsOf(present, run))
        {
            return new DataSourcePlan
            {
                Delete = outdated,
                Status = present with { ObservedGeneration = resource.Metadata.Generation, NextProfile = next, Conditions = Renewed(present, resource) },
                RequeueAfter = Until(next, now),
            };
        }

        var outcome = PodOutcome.Of(pod);
        return outcome.Phase switch
        {
            PodPhase.Absent => Start(observation, present, run, next, outdated, now),
            PodPhase.Waiting or PodPhase.Running => Wait(resource, present, run, outcome, next, now),
            PodPhase.Succeeded => Finish(resource, present, run, outcome, next, outdated, now),
            _ => Fail(resource, present, run, pod!, outcome, next, now),
        };
    }

    private static bool IsOf(DataSourceStatus status, string run) => status.Snapshot is not null && status.ProfileJob == run;

    private static string? Unsupported(DataSourceSpec spec) => spec.Source switch
    {
        { S3: not null } => "spec.source.s3 cannot be read by this version; use persistentVolumeClaim or http",
        { Postgres: not null } => "spec.source.postgres cannot be read by this version; use persistentVolumeClaim or http",
        { Http.SecretRef: not null } => "spec.source.http.secretRef is not supported by this version; use a URL that needs no credentials",
        _ when spec.Drift is not null => "spec.drift is not supported by this version; leave it out",
        _ => null,
    };

    private static DataSourcePlan Refused(DataSource resource, DataSourceStatus present, string reason, string message, DateTimeOffset now) => new()
    {
        Status = present with
        {
            ObservedGeneration = resource.Metadata.Generation,
            Phase = DataSourcePhase.Failed,
            Conditions = new ConditionSet(present.Conditions, resource, now).False("Ready", reason, message).ToList(),
        },
    };

    private static DataSourcePlan Start(
        DataSourceObservation observation, DataSourceStatus present, string run, DateTimeOffset? next, List<ObjectDeletion> outdated, DateTimeOffset now)
    {
        var resource = observation.Resource;
        var retrying = present.ProfileJob == run && present.Phase == DataSourcePhase.Failed;
        return new DataSourcePlan
        {
            Apply =
            [
                DesiredObject.Of(CoreResources.NetworkPolicies, ProfilePod.NetworkPolicy(resource), observation.NetworkPolicy),
                DesiredObject.Once(CoreResources.Pods, ProfilePod.Build(resource, run, observation.AgentImage), null),
            ],
            Delete = outdated,
            Status = retrying ? present : Profiling(resource, present, run, next, "ProfilePending", "the profile's pod is being created", now),
        };
    }

    private static DataSourcePlan Wait(DataSource resource, DataSourceStatus present, string run, PodOutcome outcome, DateTimeOffset? next, DateTimeOffset now)
    {
        // While a failed run is tried again its failure stays visible, unless the pod itself cannot start.
        var retrying = present.ProfileJob == run && present.Phase == DataSourcePhase.Failed;
        if (retrying && (outcome.Phase == PodPhase.Running || outcome.Reason == "ContainerCreating"))
            return new DataSourcePlan { Status = present };
        if (outcome.Phase == PodPhase.Running || outcome.Reason == "ContainerCreating")
            return new DataSourcePlan { Status = Profiling(resource, present, run, next, "Profiling", "the data is being read", now) };

        var reason = outcome.Message!.Contains("persistentvolumeclaim", StringComparison.OrdinalIgnoreCase) ? "VolumeNotAvailable" : outcome.Reason!;
        var message = $"the pod {run} that reads the data cannot start: {outcome.Message}";
        var status = Profiling(resource, present, run, next, reason, message, now);
        return new DataSourcePlan
        {
            Status = status with { Conditions = new ConditionSet(status.Conditions, resource, now).False("Reachable", reason, message).ToList() },
            Transitions = Changed(present, "Reachable", reason)
                ? [new Transition("DataSourceUnreachable", $"{run}/{reason}", message) { IsWarning = true }]
                : [],
        };
    }

    private static DataSourceStatus Profiling(
        DataSource resource, DataSourceStatus present, string run, DateTimeOffset? next, string reason, string message, DateTimeOffset now)
    {
        var conditions = new ConditionSet(present.Conditions, resource, now);
        // A data source that was ready stays usable while it is read again.
        if (present.Snapshot is null || present.ObservedGeneration != resource.Metadata.Generation)
            conditions.False("Ready", reason, message);
        return present with
        {
            ObservedGeneration = resource.Metadata.Generation,
            Phase = DataSourcePhase.Profiling,
            ProfileJob = run,
            NextProfile = next,
            Conditions = conditions.ToList(),
        };
    }

    private static DataSourcePlan Fail(
        DataSource resource, DataSourceStatus present, string run, V1Pod pod, PodOutcome outcome, DateTimeOffset? next, DateTimeOffset now)
    {
        var retryAt = (outcome.FinishedAt ?? now) + (outcome.IsRetryable ? RetryAfterFault : RetryAfterBadInput);
        var message = outcome.Message!;
        var status = present with
        {
            ObservedGeneration = resource.Metadata.Generation,
            Phase = DataSourcePhase.Failed,
            ProfileJob = run,
            NextProfile = next,
            Conditions = new ConditionSet(present.Conditions, resource, now)
                .False("Reachable", outcome.Reason!, message)
                .False("Ready", outcome.Reason!, message)
                .ToList(),
        };
        return new DataSourcePlan
        {
            // The pod stays until the next try, for its log.
            Delete = now >= retryAt ? [ObjectDeletion.Of(CoreResources.Pods, pod)] : [],
            Status = status,
            Transitions = Changed(present, "Ready", outcome.Reason!)
                ? [new Transition("DataSourceProfileFailed", $"{run}/{outcome.Reason}/{pod.Metadata.Uid}", message) { IsWarning = true }]
                : [],
            RequeueAfter = now >= retryAt ? TimeSpan.FromSeconds(1) : retryAt - now,
        };
    }

    private static DataSourcePlan Finish(
        DataSource resource, DataSourceStatus present, string run, PodOutcome outcome, DateTimeOffset? next, List<ObjectDeletion> outdated, DateTimeOffset now)
    {
        ProfileResult profile;
        try
        {
            profile = ProfileResult.Parse(outcome.Result);
        }
        catch (JsonException e)
        {
            return Refused(resource, present, "UnreadableResult", $"the result of pod {run} is of another shape ({e.Message}); operator and agent image must be of one version", now);
        }

        var conditions = new ConditionSet(present.Conditions, resource, now).True("Reachable", "Read", "the data was read");
        var failure = Judge(resource, profile, conditions);
        if (failure is null)
            conditions.True("Ready", "Profiled", $"{profile.Snapshot.Rows} rows, {profile.Schema.Columns.Count} columns, quality {Score(profile)}");
        else
            conditions.False("Ready", failure.Value.Reason, failure.Value.Message);

        var status = new DataSourceStatus
        {
            ObservedGeneration = resource.Metadata.Generation,
            Phase = failure is null ? DataSourcePhase.Ready : DataSourcePhase.Degraded,
            Snapshot = profile.Snapshot,
            Schema = new ObservedSchema { Columns = profile.Schema.Columns },
            Quality = new QualityReport { Score = profile.Quality.Score, Dimensions = profile.Quality.Dimensions, FailedExpectations = profile.Quality.FailedExpectations },
            Classification = profile.Classification with { Level = profile.Classification.Level ?? resource.Spec.Classification?.Level },
            LastProfiled = outcome.FinishedAt ?? profile.Snapshot.ObservedAt ?? now,
            NextProfile = next,
            ProfileJob = run,
            Conditions = conditions.ToList(),
        };
        return new DataSourcePlan
        {
            Delete = outdated,
            Status = status,
            Transitions =
            [
                new Transition("DataSourceProfiled", $"{run}/{profile.Snapshot.Digest}", conditions.MessageOf("Ready"))
                {
                    IsWarning = failure is not null,
                    Details = new Dictionary<string, string>
                    {
                        ["digest"] = profile.Snapshot.Digest,
                        ["rows"] = profile.Snapshot.Rows.ToString(CultureInfo.InvariantCulture),
                        ["quality"] = Score(profile),
                        ["ready"] = failure is null ? "true" : "false",
                    },
                },
            ],
            RequeueAfter = Until(next, now),
        };
    }

    /// <summary>Sets the conditions of schema and quality; returns why the data may not be used, or null.</summary>
    private static (string Reason, string Message)? Judge(DataSource resource, ProfileResult profile, ConditionSet conditions)
    {
        (string, string)? failure = null;
        var violations = string.Join("; ", profile.Schema.Violations.Take(5).Select(v => v.Message));
        if (profile.Schema.Valid)
            conditions.True("SchemaValid", "SchemaHolds", violations.Length == 0 ? "every declared column is as declared" : violations);
        else
        {
            conditions.False("SchemaValid", "SchemaViolated", violations);
            if ((resource.Spec.Schema?.Policy ?? SchemaPolicy.Enforce) == SchemaPolicy.Enforce)
                failure = ("SchemaViolated", $"the data breaks its schema: {violations}");
        }

        if (profile.Quality.Met)
            conditions.True("QualityMet", "QualityMet", $"quality {Score(profile)}; every rule is met");
        else
        {
            var unmet = string.Join("; ", profile.Quality.Unmet.Take(5));
            conditions.False("QualityMet", "QualityNotMet", unmet);
            failure ??= ("QualityNotMet", $"the data does not meet its quality rules: {unmet}");
        }
        return failure;
    }

    private static string Score(ProfileResult profile) => profile.Quality.Score?.ToString("0.000", CultureInfo.InvariantCulture) ?? "unknown";

    private static bool Changed(DataSourceStatus present, string condition, string reason) =>
        present.Conditions.FirstOrDefault(c => c.Type == condition)?.Reason != reason;

    // A change of what is not profiled (the owner) must still show the generation it was seen in.
    private static IReadOnlyList<V1Condition> Renewed(DataSourceStatus present, DataSource resource) =>
        [.. present.Conditions.Select(c => c with { ObservedGeneration = resource.Metadata.Generation })];

    private static TimeSpan? Until(DateTimeOffset? next, DateTimeOffset now) => next - now;
}
