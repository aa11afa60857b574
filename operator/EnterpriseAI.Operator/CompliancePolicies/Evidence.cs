using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.CompliancePolicies;

/// <summary>What the resources of the selected namespaces are, at one moment.</summary>
public sealed record Evidence
{
    public IReadOnlyList<DataSource> DataSources { get; init; } = [];

    public IReadOnlyList<TrainingJob> TrainingJobs { get; init; } = [];

    public IReadOnlyList<ModelVersion> ModelVersions { get; init; } = [];

    public IReadOnlyList<InferenceService> InferenceServices { get; init; } = [];

    /// <summary>Every resource, kind by kind.</summary>
    public IEnumerable<IKubernetesObject> All => [.. DataSources, .. TrainingJobs, .. ModelVersions, .. InferenceServices];

    public DataSource? DataSourceOf(IKubernetesObject resource, string name) =>
        DataSources.FirstOrDefault(s => s.Metadata.Namespace == resource.Metadata.Namespace && s.Metadata.Name == name);
}

/// <summary>How one check came out for one resource.</summary>
public enum Outcome
{
    Pass,
    Fail,

    /// <summary>Not as recommended, and no violation.</summary>
    Warn,

    /// <summary>Could not be assessed: never counted as a pass.</summary>
    Error,

    /// <summary>Does not apply, or an exception covers it.</summary>
    Skip,
}

/// <summary>One check's finding.</summary>
/// <param name="Message">What was found: for a violation, what is wrong.</param>
/// <param name="Remediation">What to do about it; empty when nothing is.</param>
public readonly record struct Finding(Outcome Outcome, string Message, string Remediation = "")
{
    public static Finding Pass(string evidence) => new(Outcome.Pass, evidence);

    public static Finding Fail(string message, string remediation) => new(Outcome.Fail, message, remediation);

    public static Finding Warn(string message, string remediation) => new(Outcome.Warn, message, remediation);

    public static Finding Skip(string reason) => new(Outcome.Skip, reason);

    public static Finding Error(string message, string remediation) => new(Outcome.Error, message, remediation);

    /// <summary>Passes when <paramref name="holds"/>, fails otherwise.</summary>
    public static Finding Of(bool holds, string evidence, string message, string remediation) => holds ? Pass(evidence) : Fail(message, remediation);
}
