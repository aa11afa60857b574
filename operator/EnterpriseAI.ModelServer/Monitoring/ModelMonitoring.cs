using System.Runtime.CompilerServices;
using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>The feature statistics of each model that is loaded. A model that is loaded again begins anew: it may be another one.</summary>
internal sealed class ModelMonitoring
{
    private readonly ConditionalWeakTable<ServedModel, FeatureStatistics> _models = [];

    public FeatureStatistics Of(ServedModel model) => _models.GetValue(model, static model => new FeatureStatistics(model.Inputs));
}
