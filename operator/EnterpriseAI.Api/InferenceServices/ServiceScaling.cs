using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>How many pods serve a model.</summary>
[CelRule("!has(self.maxReplicas) || (has(self.minReplicas) ? self.minReplicas : 1) <= self.maxReplicas", "minReplicas must not exceed maxReplicas")]
public sealed record ServiceScaling
{
    /// <summary>Smallest number of pods; 0 lets an idle service go without any.</summary>
    [Default(1), Minimum(0), Maximum(10000)]
    public int MinReplicas { get; set; } = 1;

    /// <summary>Largest number of pods. Left out: minReplicas, at least 1.</summary>
    [Minimum(1), Maximum(10000)]
    public int? MaxReplicas { get; init; }

    /// <summary>Load of one pod that the number of pods is chosen for. Left out: the number stays at minReplicas, at least 1 while there is traffic.</summary>
    public ScalingTarget? Target { get; init; }

    /// <summary>How long without a request until the last pod goes. Only with minReplicas 0.</summary>
    [Default("5m")]
    public Duration ScaleToZeroAfter { get; set; } = new("5m");
}

/// <summary>Load of one pod.</summary>
public sealed record ScalingTarget
{
    /// <summary>Requests in flight per pod.</summary>
    [Required, Minimum(0, Exclusive = true), Maximum(100000)]
    public double Concurrency { get; init; }
}
