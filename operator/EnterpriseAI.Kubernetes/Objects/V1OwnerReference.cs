namespace EnterpriseAI.Kubernetes;

/// <summary>Names the object that owns this one; the owner is in the same namespace or cluster-scoped.</summary>
public sealed record V1OwnerReference
{
    public string ApiVersion { get; init; } = "";

    public string Kind { get; init; } = "";

    public string Name { get; init; } = "";

    public string Uid { get; init; } = "";

    /// <summary>True on the one owner that manages the object.</summary>
    public bool? Controller { get; init; }

    /// <summary>True when a foreground deletion of the owner waits for this object.</summary>
    public bool? BlockOwnerDeletion { get; init; }

    /// <summary>A controller reference to <paramref name="owner"/>, which must have been read from the server (it needs a uid).</summary>
    /// <exception cref="ArgumentException">The owner has no name or no uid.</exception>
    public static V1OwnerReference ControllerOf(IKubernetesObject owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        if (owner.Metadata is not { Name: { } name, Uid: { } uid })
            throw new ArgumentException($"{owner.Kind} has no name or uid: an owner must have been read from the server", nameof(owner));
        return new V1OwnerReference
        {
            ApiVersion = owner.ApiVersion,
            Kind = owner.Kind,
            Name = name,
            Uid = uid,
            Controller = true,
            BlockOwnerDeletion = true,
        };
    }
}
