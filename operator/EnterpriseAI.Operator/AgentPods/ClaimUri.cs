using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>A place on a volume claim, written <c>pvc://CLAIM/PATH</c>.</summary>
public readonly record struct ClaimUri(string ClaimName, string Path)
{
    private const string Scheme = "pvc://";

    /// <summary>Null when the text is of another scheme, or when its path is empty or leaves the volume.</summary>
    public static ClaimUri? TryParse(string uri)
    {
        if (!uri.StartsWith(Scheme, StringComparison.Ordinal))
            return null;
        var rest = uri[Scheme.Length..];
        var slash = rest.IndexOf('/');
        if (slash <= 0)
            return null;
        var path = rest[(slash + 1)..].Trim('/');
        return path.Length == 0 || path.Split('/').Contains("..") ? null : new ClaimUri(rest[..slash], path);
    }

    /// <summary>The claim as a volume.</summary>
    public V1Volume Volume(string name, bool readOnly) => new()
    {
        Name = name,
        PersistentVolumeClaim = new V1PersistentVolumeClaimVolumeSource { ClaimName = ClaimName, ReadOnly = readOnly ? true : null },
    };
}
