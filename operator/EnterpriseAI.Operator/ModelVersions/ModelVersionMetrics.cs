using System.Diagnostics.Metrics;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>What an alert needs to know of model versions beyond their conditions.</summary>
internal sealed class ModelVersionMetrics : IDisposable
{
    public const string MeterName = "EnterpriseAI.Operator.ModelVersions";

    private readonly Meter _meter = new(MeterName);

    /// <remarks>Only versions with an end are shown: one line each.</remarks>
    public ModelVersionMetrics(Informer<ModelVersion> versions) => _meter.CreateObservableGauge(
        "enterpriseai_modelversion_expiry_timestamp_seconds",
        () => versions.List().Where(version => version.Status?.ExpiresAt is not null).Select(version => new Measurement<double>(
            version.Status!.ExpiresAt!.Value.ToUnixTimeMilliseconds() / 1000.0,
            new KeyValuePair<string, object?>("namespace", version.Metadata.Namespace),
            new KeyValuePair<string, object?>("name", version.Metadata.Name))),
        description: "When the version stops being ready by itself, as seconds since 1970: its approvals end then.");

    public void Dispose() => _meter.Dispose();
}
