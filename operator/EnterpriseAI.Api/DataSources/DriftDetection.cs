using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>How a change of the data's distribution is detected, and what follows.</summary>
public sealed record DriftDetection
{
    /// <summary>The snapshot that later ones are compared with.</summary>
    [Default(DriftBaseline.First)]
    public DriftBaseline Baseline { get; set; } = DriftBaseline.First;

    /// <summary>Rows that both snapshots need; with fewer the verdict is InsufficientData.</summary>
    [Default(500), Minimum(1)]
    public int MinRows { get; set; } = 500;

    /// <summary>Probability, over all columns together, of calling drift where there is none: above 0, below 1.</summary>
    [Default(0.01), Minimum(0, Exclusive = true), Maximum(1, Exclusive = true)]
    public double FalseAlarmRate { get; set; } = 0.01;

    /// <summary>What follows from drift, besides the condition Drifted.</summary>
    [ListSet, MaxItems(2)]
    public IReadOnlyList<DriftAction> OnDrift { get; init => field = value ?? []; } = [];
}

/// <summary>The snapshot that later ones are compared with.</summary>
[JsonConverter(typeof(EnumNameConverter<DriftBaseline>))]
public enum DriftBaseline
{
    /// <summary>The first one after the last change of the spec.</summary>
    First,

    /// <summary>The one before.</summary>
    Previous,
}

/// <summary>What follows from drift.</summary>
[JsonConverter(typeof(EnumNameConverter<DriftAction>))]
public enum DriftAction
{
    /// <summary>A Kubernetes event of type Warning.</summary>
    Event,

    /// <summary>Training jobs that read this data source are run again.</summary>
    Retrain,
}
