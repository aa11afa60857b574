using System.Text.Json.Serialization.Metadata;

namespace EnterpriseAI.Kubernetes;

/// <summary>A resource of the API: where it is served, and how its objects are read and written.</summary>
/// <param name="Group">API group; empty for the core group.</param>
/// <param name="Version">Such as <c>v1</c>.</param>
/// <param name="Plural">Name in the URL, such as <c>pods</c>.</param>
/// <param name="Kind">Such as <c>Pod</c>.</param>
/// <param name="Namespaced">False when cluster-scoped.</param>
/// <param name="TypeInfo">Source-generated serialization of one object.</param>
/// <param name="ListTypeInfo">Source-generated serialization of a list.</param>
public sealed record ResourceType<T>(
    string Group,
    string Version,
    string Plural,
    string Kind,
    bool Namespaced,
    JsonTypeInfo<T> TypeInfo,
    JsonTypeInfo<KubernetesList<T>> ListTypeInfo)
    where T : class, IKubernetesObject
{
    /// <summary>Group and version as objects carry them.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Path below the server's address; <paramref name="ns"/> is ignored on cluster-scoped resources.</summary>
    /// <param name="ns">Null for all namespaces (list and watch only).</param>
    /// <param name="name">Null for the collection.</param>
    /// <param name="subresource">Such as <c>status</c>.</param>
    public string Path(string? ns, string? name = null, string? subresource = null)
    {
        var path = Group.Length == 0 ? $"api/{Version}" : $"apis/{Group}/{Version}";
        if (Namespaced && ns is not null)
            path += $"/namespaces/{Uri.EscapeDataString(ns)}";
        path += $"/{Plural}";
        if (name is not null)
            path += $"/{Uri.EscapeDataString(name)}";
        return subresource is null ? path : $"{path}/{subresource}";
    }

    /// <summary>Plural and group, such as <c>deployments.apps</c>.</summary>
    public override string ToString() => Group.Length == 0 ? Plural : $"{Plural}.{Group}";
}
