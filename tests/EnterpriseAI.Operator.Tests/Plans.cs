using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.Tests;

/// <summary>What a plan makes, by kind.</summary>
internal static class Plans
{
    public static T Single<T>(this IEnumerable<DesiredObject> apply) => apply.Select(a => a.Object).OfType<T>().Single();

    /// <summary>The TCP and UDP ports that pods of a policy may call, in order.</summary>
    public static IEnumerable<int?> EgressPorts(this V1NetworkPolicy policy) =>
        (policy.Spec!.Egress ?? []).SelectMany(rule => rule.Ports ?? []).Select(port => port.Port?.Number).Distinct();
}
