using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>The five custom resources.</summary>
public static class ApiResources
{
    /// <summary>The API group.</summary>
    public const string Group = "enterpriseai.io";

    /// <summary>The version of the API group.</summary>
    public const string Version = "v1alpha1";

    /// <summary>Group and version, as objects carry them.</summary>
    public const string ApiVersion = $"{Group}/{Version}";

    private static readonly ApiJsonContext Json = ApiJsonContext.Default;

    /// <summary>Data and its rules.</summary>
    public static ResourceType<DataSource> DataSources { get; } =
        new(Group, Version, "datasources", "DataSource", true, Json.DataSource, Json.DataSourceList);

    /// <summary>Training runs.</summary>
    public static ResourceType<TrainingJob> TrainingJobs { get; } =
        new(Group, Version, "trainingjobs", "TrainingJob", true, Json.TrainingJob, Json.TrainingJobList);

    /// <summary>Versions of models.</summary>
    public static ResourceType<ModelVersion> ModelVersions { get; } =
        new(Group, Version, "modelversions", "ModelVersion", true, Json.ModelVersion, Json.ModelVersionList);

    /// <summary>Models in service.</summary>
    public static ResourceType<InferenceService> InferenceServices { get; } =
        new(Group, Version, "inferenceservices", "InferenceService", true, Json.InferenceService, Json.InferenceServiceList);

    /// <summary>Policies; outside of namespaces.</summary>
    public static ResourceType<CompliancePolicy> CompliancePolicies { get; } =
        new(Group, Version, "compliancepolicies", "CompliancePolicy", false, Json.CompliancePolicy, Json.CompliancePolicyList);
}
