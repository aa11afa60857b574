using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Admission;
using EnterpriseAI.Operator.CompliancePolicies;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

/// <summary>A policy, and resources that a test changes where it matters.</summary>
internal static class Compliance
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    public static CompliancePolicy Policy(params ComplianceFramework[] frameworks) => Policy(new CompliancePolicySpec { Frameworks = frameworks });

    public static CompliancePolicy Policy(CompliancePolicySpec spec) => new()
    {
        Metadata = new V1ObjectMeta { Name = "policy", Uid = "policy-uid", Generation = 1 },
        Spec = spec,
    };

    public static DataSource Data(DataSourceSpec? spec = null, SensitiveContent? content = null, bool classified = true) => new()
    {
        Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns", Uid = "data-uid" },
        Spec = spec ?? new DataSourceSpec(),
        Status = !classified ? null : new DataSourceStatus
        {
            Snapshot = new DataSnapshot { Digest = "sha256:abc" },
            Classification = new ClassificationReport { Findings = content is { } found ? [new ClassificationFinding { Column = "c", Framework = found, Confidence = 1 }] : [] },
        },
    };

    public static ModelVersion Version(ModelVersionSpec? spec = null, string? creator = "bob", params string[] conditions) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = "model-1",
            Namespace = "ns",
            Uid = "version-uid",
            Annotations = creator is null ? null : new Dictionary<string, string> { [CreatorStamp.Annotation] = creator },
        },
        Spec = spec ?? new ModelVersionSpec(),
        Status = new ModelVersionStatus { Conditions = [.. conditions.Select(c => new V1Condition { Type = c, Status = "True" })] },
    };

    public static InferenceService Service(InferenceServiceSpec? spec = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = "svc", Namespace = "ns", Uid = "svc-uid" },
        Spec = spec ?? new InferenceServiceSpec(),
    };

    public static Finding? Finding(string control, IKubernetesObject resource, Evidence? evidence = null) =>
        ControlCatalogue.All.Single(c => c.Name == control && c.Check(resource, evidence ?? new Evidence()) is not null).Check(resource, evidence ?? new Evidence());
}
