using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>What a decision about a <see cref="TrainingJob"/> wants.</summary>
public sealed record TrainingJobPlan : Plan<TrainingJobStatus>
{
    /// <summary>The attempt that this plan admits, to be remembered until the cache shows it.</summary>
    public int? Admits { get; init; }
}
