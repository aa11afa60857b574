using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>What a decision about a <see cref="ModelVersion"/> wants.</summary>
public sealed record ModelVersionPlan : Plan<ModelVersionStatus>;
