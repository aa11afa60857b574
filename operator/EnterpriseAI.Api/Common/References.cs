using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>A Secret in the namespace of the referring object.</summary>
public sealed record SecretReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";
}

/// <summary>One key of a Secret in the namespace of the referring object.</summary>
public sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key inside the Secret.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Key { get; init => field = value ?? ""; } = "";
}

/// <summary>One key of a ConfigMap in the namespace of the referring object.</summary>
public sealed record ConfigMapKeyReference
{
    /// <summary>Name of the ConfigMap.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Key inside the ConfigMap.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Key { get; init => field = value ?? ""; } = "";
}
