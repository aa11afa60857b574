using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Which data, which pods, how many GPUs, which queue.</summary>
public sealed record TrainingJobSpec
{
    /// <summary>What the model is for. Every input's data source must permit it. Left out: only inputs that permit every purpose can be read.</summary>
    [MaxLength(63)]
    public string? Purpose { get; init; }

    /// <summary>Data that the pods read.</summary>
    [ListMapKey("dataSource"), MaxItems(64)]
    public IReadOnlyList<TrainingInput> Inputs { get; init => field = value ?? []; } = [];

    /// <summary>Which environment contract the pods get.</summary>
    [Default(TrainingFramework.Plain)]
    public TrainingFramework Framework { get; set; } = TrainingFramework.Plain;

    /// <summary>Groups of equal pods. Together they are the gang.</summary>
    [Required, ListMapKey("name"), MinItems(1), MaxItems(16)]
    public IReadOnlyList<TrainingRole> Roles { get; init => field = value ?? []; } = [];

    /// <summary>Queue that the job waits in. Left out: the queue named like the namespace.</summary>
    [MaxLength(63)]
    public string? Queue { get; init; }

    /// <summary>PriorityClass of the job and its pods. A higher value is admitted first.</summary>
    [MaxLength(253)]
    public string? PriorityClassName { get; init; }

    /// <summary>How the gang is admitted.</summary>
    public GangPolicy? Gang { get; init; }

    /// <summary>What is restarted when a pod fails, and how often.</summary>
    public TrainingRestartPolicy? RestartPolicy { get; init; }

    /// <summary>Volume that outlives a restart, where the pods keep their checkpoints.</summary>
    public CheckpointVolume? Checkpoint { get; init; }

    /// <summary>True stops the job and frees its pods; false lets it go on.</summary>
    [Default(false)]
    public bool Suspend { get; init; }

    /// <summary>Seconds the job may run, over all attempts, without time in the queue or suspended. Left out: no limit.</summary>
    [Minimum(1)]
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>Seconds after its end when the job and its pods are deleted. Left out: never.</summary>
    [Minimum(0)]
    public long? TtlSecondsAfterFinished { get; init; }

    /// <summary>Search for hyperparameters: the job runs once per trial.</summary>
    public HyperparameterSearch? Search { get; init; }

    /// <summary>Federated training.</summary>
    public FederatedTraining? Federated { get; init; }

    /// <summary>Budget of differential privacy, spent by this job on each of its inputs.</summary>
    public PrivacyBudget? Privacy { get; init; }

    /// <summary>The model that the job registers when it succeeds. Left out: none.</summary>
    public TrainingOutput? Output { get; init; }
}

/// <summary>Which environment contract the pods get.</summary>
[JsonConverter(typeof(EnumNameConverter<TrainingFramework>))]
public enum TrainingFramework
{
    /// <summary>MASTER_ADDR, MASTER_PORT, RANK, WORLD_SIZE and the PET_* variables of torchrun.</summary>
    PyTorch,

    /// <summary>TF_CONFIG.</summary>
    TensorFlow,

    /// <summary>A host file under /etc/mpi and SSH keys.</summary>
    Mpi,

    /// <summary>MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE only.</summary>
    Plain,
}

/// <summary>Data that the pods read.</summary>
public sealed record TrainingInput
{
    /// <summary>Name of the DataSource in the same namespace.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string DataSource { get; init => field = value ?? ""; } = "";

    /// <summary>Absolute path of the folder in every container where the data lies, read-only.</summary>
    [Required, Pattern("^/[^:]+$"), MaxLength(1024)]
    public string MountPath { get; init => field = value ?? ""; } = "";
}

/// <summary>How the gang is admitted: all pods or none.</summary>
public sealed record GangPolicy
{
    /// <summary>How long the pods of an admitted gang may take until all of them run; after that the gang goes back to the queue.</summary>
    [Default("10m")]
    public Duration Timeout { get; set; } = new("10m");

    /// <summary>Node label whose value all pods of the gang should share, such as topology.kubernetes.io/zone. Left out: anywhere.</summary>
    [MaxLength(317)]
    public string? TopologyKey { get; init; }
}

/// <summary>Volume that outlives a restart.</summary>
public sealed record CheckpointVolume
{
    /// <summary>Name of the PersistentVolumeClaim in the same namespace.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Absolute path in every container.</summary>
    [Required, Pattern("^/[^:]+$"), MaxLength(1024)]
    public string MountPath { get; init => field = value ?? ""; } = "";
}
