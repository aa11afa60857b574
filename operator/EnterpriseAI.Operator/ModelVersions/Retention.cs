using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>How long an archived version is kept.</summary>
/// <remarks>
/// Guarantees: a version that a service wants or has pods of is not deleted, however old. Caveat: what applies the version again, such
/// as a repository that is synchronised, brings it back.
/// </remarks>
internal static class Retention
{
    /// <summary>How soon a version that is due, but used, is looked at again.</summary>
    public static readonly TimeSpan LookAgain = TimeSpan.FromMinutes(10);

    /// <summary>Not those that could only go back to it: what is archived is not rolled out any more.</summary>
    public static IEnumerable<string> UsersOf(ModelVersion version, IEnumerable<InferenceService> services) => services
        .Where(service => service.Spec.ModelVersion == version.Metadata.Name
            || service.Status is { } status && new[] { status.Stable?.ModelVersion, status.Candidate?.ModelVersion, status.Revoked?.ModelVersion }.Contains(version.Metadata.Name))
        .Select(service => service.Metadata.Name!).Order(StringComparer.Ordinal);

    /// <summary>Adds to a plan since when the version is archived, whatever else is the matter with it, and its end when that has come.</summary>
    public static ModelVersionPlan Keep(ModelVersionObservation observation, DateTimeOffset now, ModelVersionPlan plan)
    {
        var spec = observation.Resource.Spec;
        if (spec.Stage != ModelStage.Archived)
            return plan.Status.ArchivedAt is null ? plan : plan with { Status = plan.Status with { ArchivedAt = null } };
        var since = plan.Status.ArchivedAt ?? now;
        plan = plan with { Status = plan.Status with { ArchivedAt = since } };
        // Beyond the calendar means never.
        if (spec.TtlSecondsAfterArchived is not { } seconds || seconds >= (DateTimeOffset.MaxValue - since).TotalSeconds)
            return plan;
        var end = since.AddSeconds(seconds);
        if (now < end)
            return plan with { RequeueAfter = Sooner(plan.RequeueAfter, end - now) };
        if (observation.UsedBy.Count > 0)
            return plan with { RequeueAfter = Sooner(plan.RequeueAfter, LookAgain) };
        return plan with
        {
            Transitions = [.. plan.Transitions, new Transition("ModelVersionExpired", $"ttl/{since:O}", $"deleted {seconds} s after it was archived, by ttlSecondsAfterArchived; digest {spec.Artifact.Digest}")],
            // Whoever takes it out of the archive at this moment keeps it.
            Delete = [.. plan.Delete, ObjectDeletion.Unchanged(ApiResources.ModelVersions, observation.Resource)],
            RequeueAfter = TimeSpan.FromSeconds(1),
        };
    }

    private static TimeSpan Sooner(TimeSpan? one, TimeSpan other) => one < other ? one.Value : other;
}
