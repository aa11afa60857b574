using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>What a decision about an <see cref="InferenceService"/> wants.</summary>
public sealed record InferenceServicePlan : Plan<InferenceServiceStatus>;
