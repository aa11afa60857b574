using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>What enforced policies forbid.</summary>
public static class Enforcement
{
    /// <summary>
    /// Why the policies that are enforced in the namespace forbid to serve this version; empty when none does. Violations of
    /// medium severity and above forbid; what could not be assessed does too. A policy whose spec is wrong judges nothing, as its own
    /// status says: one team's typing error must not stop another's service.
    /// </summary>
    public static IReadOnlyList<string> Forbids(
        IEnumerable<CompliancePolicy> policies, V1Namespace? ns, InferenceService service, ModelVersion version, Evidence evidence, DateTimeOffset now)
    {
        // Its labels choose the policies: until they are known, an enforced policy may be meant. The namespace's own event decides again.
        if (ns is null)
            return [.. policies.Where(policy => policy.Spec.Enforcement == EnforcementMode.Enforce).Take(1).Select(policy => $"policy {policy.Metadata.Name}: the labels of namespace {service.Metadata.Namespace} are not known yet")];
        return
        [
            .. policies
                .Where(policy => policy.Spec.Enforcement == EnforcementMode.Enforce && SpecValidation.Validate(policy) is [] && PolicySelection.Selects(policy, ns))
                .SelectMany(policy => ((IKubernetesObject[])[service, version])
                    .SelectMany(resource => PolicyEvaluation.Evaluate(policy, resource, evidence, now))
                    .Where(result => result.Severity >= Severity.Medium && result.Finding.Outcome is Outcome.Fail or Outcome.Error)
                    .Select(result => $"policy {policy.Metadata.Name}: {result.Control} of {result.ResourceName}: {result.Finding.Message}; to do: {result.Finding.Remediation}")),
        ];
    }
}
