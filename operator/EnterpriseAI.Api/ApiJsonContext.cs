using System.Text.Json.Serialization;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>Serialization of the five resources, generated at compile time. Times are written as RFC 3339 in UTC with whole seconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Metadata,
    Converters = [typeof(KubernetesTimeConverter), typeof(QuantityMapConverter), typeof(SharedTextConverter)])]
[JsonSerializable(typeof(DataSource))]
[JsonSerializable(typeof(KubernetesList<DataSource>), TypeInfoPropertyName = "DataSourceList")]
[JsonSerializable(typeof(TrainingJob))]
[JsonSerializable(typeof(KubernetesList<TrainingJob>), TypeInfoPropertyName = "TrainingJobList")]
[JsonSerializable(typeof(ModelVersion))]
[JsonSerializable(typeof(KubernetesList<ModelVersion>), TypeInfoPropertyName = "ModelVersionList")]
[JsonSerializable(typeof(InferenceService))]
[JsonSerializable(typeof(KubernetesList<InferenceService>), TypeInfoPropertyName = "InferenceServiceList")]
[JsonSerializable(typeof(CompliancePolicy))]
[JsonSerializable(typeof(KubernetesList<CompliancePolicy>), TypeInfoPropertyName = "CompliancePolicyList")]
public sealed partial class ApiJsonContext : JsonSerializerContext;
