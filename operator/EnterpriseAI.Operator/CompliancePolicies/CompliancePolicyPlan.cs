using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>What a decision about a <see cref="CompliancePolicy"/> wants: only a status.</summary>
public sealed record CompliancePolicyPlan : Plan<CompliancePolicyStatus>;
