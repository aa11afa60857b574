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

    /// <summary>Same namespace and same name. The name is compared first: it differs more often.</summary>
    public bool Equals(ObjectKey other) =>
        string.Equals(Name, other.Name, StringComparison.Ordinal) && string.Equals(Namespace, other.Namespace, StringComparison.Ordinal);

    public override int GetHashCode() => ((Namespace?.GetHashCode(StringComparison.Ordinal) ?? 0) * 397) ^ (Name?.GetHashCode(StringComparison.Ordinal) ?? 0);

    /// <summary><c>namespace/name</c>, or the name alone.</summary>
    public override string ToString() => Namespace is null ? Name : $"{Namespace}/{Name}";
}
