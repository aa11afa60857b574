using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>Everything a decision about a <see cref="CompliancePolicy"/> may depend on.</summary>
/// <param name="Resource">The policy.</param>
/// <param name="Evidence">The resources of the namespaces it selects.</param>
public sealed record CompliancePolicyObservation(CompliancePolicy Resource, Evidence Evidence);
