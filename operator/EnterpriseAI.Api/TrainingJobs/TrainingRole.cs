using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>A group of equal pods.</summary>
[CelRule("!has(self.minReplicas) || self.minReplicas <= (has(self.replicas) ? self.replicas : 1)", "minReplicas must not exceed replicas")]
public sealed record TrainingRole
{
    /// <summary>Name: master, worker, ps, chief, evaluator, launcher, or any other label.</summary>
    [Required, Pattern("^[a-z]([-a-z0-9]*[a-z0-9])?$"), MaxLength(32)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Number of pods.</summary>
    [Default(1), Minimum(1), Maximum(10000)]
    public int Replicas { get; set; } = 1;

    /// <summary>Number of pods with which an elastic job may start and go on. Left out: replicas.</summary>
    [Minimum(1), Maximum(10000)]
    public int? MinReplicas { get; init; }

    /// <summary>The pod, as in a Job. The operator adds the environment contract, volumes, labels and the security context.</summary>
    [Required, PreserveUnknownFields]
    public V1PodTemplateSpec Template { get; init => field = value ?? new(); } = new();
}
