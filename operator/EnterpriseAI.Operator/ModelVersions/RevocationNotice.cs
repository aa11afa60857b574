using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>
/// A ConfigMap that exists once a version is revoked. Every pod that serves the version has it mounted, optionally; a model server that
/// finds it refuses to start. So the present pods go on until others have taken over, and no new one comes up meanwhile, whoever makes
/// it and whether or not the operator runs.
/// </summary>
internal static class RevocationNotice
{
    /// <summary>The key, and so the name of the file in the pod.</summary>
    public const string Key = "reason";

    public static string Name(ModelVersion version) => ObjectNames.Of(version.Metadata.Name!, "revoked");

    public static V1ConfigMap Build(ModelVersion version, string reason) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Name(version),
            Namespace = version.Metadata.Namespace,
            Labels = CommonLabels.With(new Dictionary<string, string> { [CommonLabels.ModelVersion] = CommonLabels.Value(version.Metadata.Name!) }),
            OwnerReferences = [V1OwnerReference.ControllerOf(version)],
        },
        Data = new Dictionary<string, string> { [Key] = reason },
    };

    /// <summary>The notice as a volume that may be absent.</summary>
    public static V1Volume Volume(string name, ModelVersion version) => new()
    {
        Name = name,
        ConfigMap = new V1ConfigMapVolumeSource { Name = Name(version), Optional = true },
    };
}
