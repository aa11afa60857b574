namespace EnterpriseAI.Kubernetes;

/// <summary>What every Kubernetes object has: its type and its metadata.</summary>
public interface IKubernetesObject
{
    /// <summary>Group and version, such as <c>apps/v1</c>, or <c>v1</c> for the core group.</summary>
    string ApiVersion { get; }

    /// <summary>CamelCase singular, such as <c>Pod</c>.</summary>
    string Kind { get; }

    /// <summary>Never null; an object read without metadata has empty metadata.</summary>
    V1ObjectMeta Metadata { get; }
}
