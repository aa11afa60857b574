using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Which version should serve, how it is run, scaled, rolled out and protected.</summary>
public sealed record InferenceServiceSpec
{
    /// <summary>Name of the ModelVersion in the same namespace that should serve.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string ModelVersion { get; init => field = value ?? ""; } = "";

    /// <summary>How the model is run.</summary>
    public ModelRuntime Runtime { get; init => field = value ?? new(); } = new();

    /// <summary>How many pods serve it.</summary>
    [Default(Json = "{}")]
    public ServiceScaling Scaling { get; init => field = value ?? new(); } = new();

    /// <summary>How a new version takes over.</summary>
    public RolloutPlan Rollout { get; init => field = value ?? new(); } = new();

    /// <summary>Which requests reach the service, besides those to its own host name.</summary>
    public ServiceRouting? Routing { get; init; }

    /// <summary>Who may call the service, and how often. Left out: everyone who reaches the gateway.</summary>
    public ServiceAccess? Access { get; init; }

    /// <summary>What the gateway checks in requests.</summary>
    public ServiceProtection Protection { get; init => field = value ?? new(); } = new();

    /// <summary>What is watched while the model serves.</summary>
    public ServiceMonitoring? Monitoring { get; init; }

    /// <summary>Who oversees the model's decisions.</summary>
    public HumanOversight? HumanOversight { get; init; }
}
