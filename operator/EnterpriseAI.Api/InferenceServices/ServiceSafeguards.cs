using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>What the gateway checks in requests.</summary>
public sealed record ServiceProtection
{
    /// <summary>True refuses tensors whose name, datatype or shape the model does not have.</summary>
    [Default(true)]
    public bool ValidateInput { get; set; } = true;

    /// <summary>What is done with inputs far from the training data. Left out: they are not looked for.</summary>
    public OutlierProtection? Outlier { get; init; }

    /// <summary>Largest request body in bytes, as a Kubernetes quantity, such as 4Mi.</summary>
    [Default("4Mi"), Pattern("^[0-9]{1,15}(Ki|Mi|Gi|k|M|G)?$"), MaxLength(20)]
    public string MaxRequestBytes { get; init => field = value ?? "4Mi"; } = "4Mi";
}

/// <summary>What is done with inputs far from the training data.</summary>
public sealed record OutlierProtection
{
    /// <summary>What is done.</summary>
    [Default(OutlierAction.Flag)]
    public OutlierAction Action { get; set; } = OutlierAction.Flag;

    /// <summary>Distance from the mean of the training data, in standard deviations, from which a value is an outlier.</summary>
    [Default(4.0), Minimum(0, Exclusive = true)]
    public double Threshold { get; set; } = 4;
}

/// <summary>What is done with an outlier.</summary>
[JsonConverter(typeof(EnumNameConverter<OutlierAction>))]
public enum OutlierAction
{
    /// <summary>It is answered, counted and marked in a response header.</summary>
    Flag,

    /// <summary>It is refused with status 422.</summary>
    Reject,
}

/// <summary>What is watched while a model serves.</summary>
public sealed record ServiceMonitoring
{
    /// <summary>Share of requests whose inputs and outputs are kept, from 0 to 1.</summary>
    [Default(0.0), Minimum(0), Maximum(1)]
    public double PayloadSampleRate { get; init; }

    /// <summary>Comparison of the inputs with the training data. Left out: none.</summary>
    public InputDriftMonitoring? Drift { get; init; }
}

/// <summary>Comparison of inputs with the training data.</summary>
public sealed record InputDriftMonitoring
{
    /// <summary>Name of the DataSource in the same namespace that inputs are compared with.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string DataSource { get; init => field = value ?? ""; } = "";
}

/// <summary>
/// Who oversees a model's decisions: a declaration, kept for the record and judged by policies. How far a rollout may go by
/// itself is spec.rollout.automaticPromotion.
/// </summary>
public sealed record HumanOversight
{
    /// <summary>How closely.</summary>
    [Required]
    public OversightMode Mode { get; set; } = OversightMode.OnTheLoop;

    /// <summary>Team or person that oversees.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Overseer { get; init => field = value ?? ""; } = "";
}

/// <summary>How closely persons oversee a model.</summary>
[JsonConverter(typeof(EnumNameConverter<OversightMode>))]
public enum OversightMode
{
    /// <summary>A person decides on each case.</summary>
    InTheLoop,

    /// <summary>A person watches and can step in.</summary>
    OnTheLoop,

    /// <summary>A person decides when and how the system is used.</summary>
    InCommand,
}
