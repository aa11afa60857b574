using System.Collections.Immutable;
using EnterpriseAI.Api;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Gateway.Sources;

/// <summary>Builds the routing table from what the cluster holds. Pure.</summary>
internal static class ClusterTable
{
    /// <summary>Label that names the InferenceService of a model server.</summary>
    public const string ServiceLabel = "enterpriseai.io/inferenceservice";

    /// <summary>Label that names the revision a model server runs.</summary>
    public const string RevisionLabel = "enterpriseai.io/revision";

    private const int ModelServerPort = 8080;
    private const int FullWeight = 100;

    /// <summary>Builds a table; the oldest service comes first, so that a newer one cannot take its host.</summary>
    public static RouteTable Build(IEnumerable<InferenceService> services, IEnumerable<V1Pod> pods)
    {
        var endpoints = pods
            .Where(IsReady)
            .ToLookup(pod => (pod.Namespace ?? "", pod.Label(ServiceLabel) ?? "", pod.Label(RevisionLabel) ?? ""), AddressOf);
        return new RouteTable([.. services
            .Where(service => !service.IsDeleting)
            .OrderBy(service => service.Metadata.CreationTimestamp)
            .ThenBy(service => service.Namespace, StringComparer.Ordinal)
            .ThenBy(service => service.Name, StringComparer.Ordinal)
            .Select(service => RouteOf(service, revision =>
                [.. endpoints[(service.Namespace ?? "", service.Name, revision)].Distinct().OrderBy(uri => uri.ToString(), StringComparer.Ordinal)]))]);
    }

    private static ServiceRoute RouteOf(InferenceService service, Func<string, ImmutableArray<Uri>> endpointsOf)
    {
        var stable = service.Status?.Stable is { Revision.Length: > 0 } s ? s : null;
        // In the moment of promotion one revision may stand in both places; it is then the stable one.
        var candidate = service.Status?.Candidate is { Revision.Length: > 0 } c && c.Revision != stable?.Revision ? c : null;
        var weight = Math.Clamp(candidate?.Weight ?? 0, 0, FullWeight);
        return new ServiceRoute(
            service.Namespace ?? "",
            service.Name,
            [.. service.Spec?.Routing?.Hosts ?? []],
            stable is null ? null : new RevisionRoute(stable.Revision, stable.ModelVersion ?? "", FullWeight - weight, endpointsOf(stable.Revision)),
            candidate is null ? null : new RevisionRoute(candidate.Revision, candidate.ModelVersion ?? "", weight, endpointsOf(candidate.Revision)));
    }

    private static bool IsReady(V1Pod pod) =>
        !pod.IsDeleting
        && !string.IsNullOrEmpty(pod.Status?.PodIP)
        && pod.Status.Conditions?.Any(condition => condition is { Type: "Ready", Status: "True" }) == true;

    private static Uri AddressOf(V1Pod pod) => new UriBuilder(Uri.UriSchemeHttp, pod.Status!.PodIP!, ModelServerPort).Uri;
}
