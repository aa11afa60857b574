using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>What a model version is to an inference service.</summary>
internal enum ServiceRole
{
    /// <summary>It serves.</summary>
    Stable,

    /// <summary>It is rolled out.</summary>
    Candidate,

    /// <summary>It was revoked and still answers.</summary>
    Draining,

    /// <summary>It should serve, and does not yet or no longer.</summary>
    Wanted,

    /// <summary>Its rollout was taken back.</summary>
    RolledBack,

    /// <summary>It served before.</summary>
    Former,
}

/// <summary>One inference service that has to do with a model version.</summary>
/// <param name="Service">The service.</param>
/// <param name="ModelVersion">Name of the version, which is in the service's namespace.</param>
/// <param name="Role">What the version is to the service.</param>
/// <param name="Detail">Pods, percent of traffic, or when it ended.</param>
internal sealed record ServiceUse(InferenceService Service, string ModelVersion, ServiceRole Role, string Detail)
{
    /// <summary>True when requests may be answered by this version.</summary>
    public bool Answers => Role is ServiceRole.Stable or ServiceRole.Candidate or ServiceRole.Draining;

    /// <summary>The service's name, with the role when it is another than the usual one.</summary>
    public string Short => Role switch
    {
        ServiceRole.Stable => Service.Name,
        ServiceRole.Candidate => $"{Service.Name} (candidate {Detail})",
        _ => $"{Service.Name} ({RoleText})",
    };

    public string RoleText => Role switch
    {
        ServiceRole.Draining => "being drained",
        ServiceRole.RolledBack => "rolled back",
        _ => Role.ToString().ToLowerInvariant(),
    };

    /// <summary>The services that have to do with one version, those that it answers for first.</summary>
    public static IReadOnlyList<ServiceUse> Of(IEnumerable<InferenceService> services, ModelVersion version) =>
        [.. All(services.Where(s => s.Namespace == version.Namespace)).Where(u => u.ModelVersion == version.Name).OrderBy(u => u.Role).ThenBy(u => u.Service.Name, StringComparer.Ordinal)];

    /// <summary>Every version that any of the services has to do with; each at most once for each service, by its weightiest role.</summary>
    public static IEnumerable<ServiceUse> All(IEnumerable<InferenceService> services) => services.SelectMany(s => Of(s).DistinctBy(u => u.ModelVersion));

    private static IEnumerable<ServiceUse> Of(InferenceService service)
    {
        if (service.Status?.Stable is { } stable)
            yield return new ServiceUse(service, stable.ModelVersion, ServiceRole.Stable, string.Create(CultureInfo.InvariantCulture, $"{stable.ReadyReplicas} of {stable.Replicas} pods ready"));
        if (service.Status?.Candidate is { } candidate)
            yield return new ServiceUse(service, candidate.ModelVersion, ServiceRole.Candidate, string.Create(CultureInfo.InvariantCulture, $"{candidate.ObservedWeight ?? candidate.Weight}%"));
        if (service.Status?.Revoked is { } revoked)
            yield return new ServiceUse(service, revoked.ModelVersion, ServiceRole.Draining, $"gone by {Moment(revoked.Deadline)}, {(revoked.ReplacedBy is { } other ? $"replaced by {other}" : "nothing takes its place")}");
        if (service.Spec.ModelVersion.Length > 0)
            yield return new ServiceUse(service, service.Spec.ModelVersion, ServiceRole.Wanted, service.Status?.Phase?.ToString() ?? "not looked at yet");
        if (service.Status?.LastRollout is { Outcome: RolloutOutcome.RolledBack } rollout)
            yield return new ServiceUse(service, rollout.ModelVersion, ServiceRole.RolledBack, $"{(rollout.FinishedAt is { } at ? $"at {Moment(at)}: " : "")}{rollout.Reason ?? "no reason given"}");
        foreach (var former in service.Status?.History ?? [])
            yield return new ServiceUse(service, former.ModelVersion, ServiceRole.Former, former.Until is { } until ? $"until {Moment(until)}" : "earlier");
    }

    private static string Moment(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
