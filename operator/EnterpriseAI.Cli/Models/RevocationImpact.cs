using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>What happens to the inference services of a version when it is revoked, for people to weigh. The operator decides it then.</summary>
internal static class RevocationImpact
{
    /// <summary>One sentence for each service that the version answers for, or should.</summary>
    public static IReadOnlyList<string> Of(ModelVersion version, IReadOnlyList<InferenceService> services, Listing<ModelVersion> versions)
    {
        var ready = versions.Items.Where(v => v.Namespace == version.Namespace && v.Name != version.Name && !v.Spec.Revoked && ModelText.Condition(v, "Ready")?.Status == "True").Select(v => v.Name).ToHashSet(StringComparer.Ordinal);
        var uses = ServiceUse.Of(services, version).Where(u => u.Answers || u.Role == ServiceRole.Wanted).ToList();
        return uses.Count == 0 ? [$"no inference service uses {version.Name}"] : [.. uses.Select(u => $"inferenceservice {u.Service.Name}: {Of(u, ready, versions.IsAllowed)}")];
    }

    private static string Of(ServiceUse use, HashSet<string> ready, bool isKnown) => use.Role switch
    {
        ServiceRole.Stable => $"served by it ({use.Detail}), for {use.Service.Spec.Rollout.RevocationDeadline} at most; {GoesBack(use.Service, ready, isKnown)}",
        ServiceRole.Candidate => $"it is the candidate ({use.Detail} of the traffic) and is taken away; {use.Service.Status?.Stable?.ModelVersion ?? "nothing"} goes on serving",
        ServiceRole.Draining => $"being drained already, {use.Detail}",
        _ => "asks for it, and it does not serve yet; it will not",
    };

    // The last one that served and may; else the one that is asked for.
    private static string GoesBack(InferenceService service, HashSet<string> ready, bool isKnown) =>
        !isKnown ? "what it goes back to cannot be told, as the model versions may not be read"
        : (service.Status?.History ?? []).Select(h => h.ModelVersion).Append(service.Spec.ModelVersion).FirstOrDefault(ready.Contains) is { } next ? $"it goes back to {next}"
        : "no version that may take its place is Ready: NOTHING will serve until another one is named";
}
