using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>What a decision about a <see cref="DataSource"/> wants.</summary>
public sealed record DataSourcePlan : Plan<DataSourceStatus>;
