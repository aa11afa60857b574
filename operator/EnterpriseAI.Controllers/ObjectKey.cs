using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers;

/// <summary>Names one object of a resource.</summary>
/// <param name="Namespace">Null when cluster-scoped.</param>
/// <param name="Name">The object's name.</param>
public readonly record struct ObjectKey(string? Namespace, string Name)
{
    /// <summary>The key of an object.</summary>
    public static ObjectKey Of(IKubernetesObject obj)
    {
        ArgumentNullException.ThrowIfNull(obj);
        return new ObjectKey(obj.Metadata.Namespace, obj.Metadata.Name ?? "");
    }

    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
