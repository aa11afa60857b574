using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.TrainingJobs.Gang;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>Everything a decision about a <see cref="TrainingJob"/> may depend on.</summary>
public sealed record TrainingJobObservation
{
    public required TrainingJob Resource { get; init; }

    /// <summary>The inputs that exist, by name.</summary>
    public required IReadOnlyDictionary<string, DataSource> DataSources { get; init; }

    /// <summary>Every pod of the job, of all attempts, and the one that publishes.</summary>
    public required IReadOnlyDictionary<string, V1Pod> Pods { get; init; }

    /// <summary>The headless Service by which the pods find each other.</summary>
    public V1Service? Service { get; init; }

    /// <summary>The network policy of the workers, if there is one.</summary>
    public V1NetworkPolicy? WorkerNetworkPolicy { get; init; }

    /// <summary>The network policy of the pod that publishes, if there is one.</summary>
    public V1NetworkPolicy? PublishNetworkPolicy { get; init; }

    /// <summary>The model version of the job's output, if it exists.</summary>
    public ModelVersion? ModelVersion { get; init; }

    /// <summary>Whether the whole gang may start now; only asked while no attempt runs.</summary>
    public required Func<GangAdmission> Ask { get; init; }

    /// <summary>The end of the first pod's log, while it runs or when it has just ended; null when it was not read.</summary>
    public string? LogTail { get; init; }

    /// <summary>The image with the agent, which signs.</summary>
    public required string AgentImage { get; init; }
}
