using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>
/// Decides how a revoked version leaves a service: the last good one takes its place, and at a fixed time the revoked one's pods go in
/// any case.
/// </summary>
/// <remarks>
/// Guarantees: the revoked pods answer until the others are ready, so that no request fails for want of a server; after the deadline in
/// the status they answer no more, even when there is nothing to take their place. New pods of the version are stopped by its revocation
/// notice, from the moment of the revocation on.
/// </remarks>
internal static class RevocationDecision
{
    /// <summary>How many former versions are remembered.</summary>
    public const int Remembered = 5;

    public static bool IsRevoked(ModelVersion version) => version.Spec.Revoked || version.Status?.Phase == ModelVersionPhase.Revoked;

    /// <summary>The versions that served before, with the one that serves until now at the front.</summary>
    public static IReadOnlyList<FormerRevision> Remember(InferenceServiceStatus status, DateTimeOffset now) => status.Stable is not { } stable
        ? status.History
        : [new FormerRevision { ModelVersion = stable.ModelVersion, Until = Second(now) }, .. status.History.Where(former => former.ModelVersion != stable.ModelVersion).Take(Remembered - 1)];

    /// <summary>The status after the next move; <paramref name="status"/> when neither the stable version nor the candidate is revoked.</summary>
    public static InferenceServiceStatus Next(InferenceServiceObservation observation, InferenceServiceStatus status, List<Transition> transitions, DateTimeOffset now)
    {
        if (status.Candidate is { } candidate && observation.ModelVersions.TryGetValue(candidate.ModelVersion, out var tried) && IsRevoked(tried))
            status = RolloutDecision.RollBack(status, candidate, $"{candidate.ModelVersion} was revoked", transitions, now);
        if (status.Revoked is null && status.Stable is { } stable && observation.ModelVersions.TryGetValue(stable.ModelVersion, out var serving) && IsRevoked(serving))
            status = Begin(observation, status, stable, transitions, now);
        return status.Revoked is { } revoked ? Continue(observation, status, revoked, transitions, now) : status;
    }

    private static InferenceServiceStatus Begin(
        InferenceServiceObservation observation, InferenceServiceStatus status, StableRevision stable, List<Transition> transitions, DateTimeOffset now)
    {
        var revoked = new RevokedRevision
        {
            ModelVersion = stable.ModelVersion,
            Revision = stable.Revision,
            ReplacedBy = LastGood(observation, status, stable.ModelVersion),
            Deadline = Second(now + observation.Resource.Spec.Rollout.RevocationDeadline.ToTimeSpan()),
        };
        transitions.Add(new Transition("RevokedVersionDraining", $"{stable.Revision}/{Occurrence(observation, stable)}", Message(revoked))
        {
            IsWarning = true,
            Details = new Dictionary<string, string> { ["modelVersion"] = stable.ModelVersion, ["replacedBy"] = revoked.ReplacedBy ?? "" },
        });
        // A candidate was judged against the revoked version; it is tried anew against the next one.
        return status with { Revoked = revoked, Candidate = null };
    }

    private static InferenceServiceStatus Continue(
        InferenceServiceObservation observation, InferenceServiceStatus status, RevokedRevision revoked, List<Transition> transitions, DateTimeOffset now)
    {
        if (status.Stable?.Revision != revoked.Revision)
            // Another one serves; what is left is to see the pods go.
            return observation.Deployments.ContainsKey(revoked.Revision) ? status : status with { Revoked = null };

        // A distrust may have been lifted meanwhile.
        if (observation.ModelVersions.TryGetValue(revoked.ModelVersion, out var version) && !IsRevoked(version))
            return status with { Revoked = null };
        // The one that was to take over may be revoked too, and one that may serve may have come.
        var replacedBy = LastGood(observation, status, revoked.ModelVersion);
        status = status with { Revoked = revoked with { ReplacedBy = replacedBy } };
        var next = replacedBy is null ? null : new StableRevision { ModelVersion = replacedBy, Revision = RevisionDeployment.Revision(observation.Resource, observation.ModelVersions[replacedBy]) };
        var isReady = next is not null && observation.Pods[next.Revision].Any(RevisionPods.IsReady);
        if (!isReady && now < revoked.Deadline)
            return status;

        transitions.Add(new Transition(isReady ? "RevokedVersionReplaced" : "RevokedVersionRemoved", $"{revoked.Revision}/{revoked.Deadline:O}", isReady
            ? $"{replacedBy} serves in the place of the revoked {revoked.ModelVersion}"
            : $"the revoked {revoked.ModelVersion} serves no more; {(next is null ? "there is no version that may take its place" : $"{replacedBy} is not ready yet")}")
        { IsWarning = !isReady });
        return status with { Stable = next };
    }

    /// <summary>What goes on, for the condition Ready.</summary>
    public static string Message(RevokedRevision revoked) => revoked.ReplacedBy is { } other
        ? $"{revoked.ModelVersion} is revoked; {other} takes its place, at {revoked.Deadline.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'} at the latest"
        : $"{revoked.ModelVersion} is revoked and there is no version that may take its place; it stops answering at {revoked.Deadline.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}. Name a version that is ready in spec.modelVersion";

    /// <summary>The last version that served and still may; else the one that the spec names, if it may.</summary>
    private static string? LastGood(InferenceServiceObservation observation, InferenceServiceStatus status, string revoked) =>
        status.History.Select(former => former.ModelVersion).Append(observation.Resource.Spec.ModelVersion)
            .FirstOrDefault(name => name != revoked && observation.ModelVersions.TryGetValue(name, out var version) && !IsRevoked(version)
                && Conditions.IsTrue(version.Status?.Conditions, "Ready")
                && !status.RejectedRevisions.Contains(RevisionDeployment.Revision(observation.Resource, version)));

    private static string Occurrence(InferenceServiceObservation observation, StableRevision stable) =>
        Conditions.Find(observation.ModelVersions[stable.ModelVersion].Status?.Conditions, "Ready")?.LastTransitionTime?.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture)
        ?? $"g{observation.ModelVersions[stable.ModelVersion].Metadata.Generation}";

    private static DateTimeOffset Second(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % TimeSpan.TicksPerSecond, TimeSpan.Zero);
}
