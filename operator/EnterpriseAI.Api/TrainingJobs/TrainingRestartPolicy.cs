using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>What is restarted when a pod fails, and how often.</summary>
public sealed record TrainingRestartPolicy
{
    /// <summary>What is restarted when a pod fails.</summary>
    [Default(RestartScope.Gang)]
    public RestartScope Scope { get; set; } = RestartScope.Gang;

    /// <summary>Restarts after which the next failure is final.</summary>
    [Default(3), Minimum(0), Maximum(1000)]
    public int MaxRestarts { get; set; } = 3;

    /// <summary>Exit codes after which nothing is restarted: numbers and ranges from 1 to 255, such as "1-127" or "1,3,64-78". Left out: none.</summary>
    [Pattern("^[0-9]{1,3}(-[0-9]{1,3})?(,[0-9]{1,3}(-[0-9]{1,3})?)*$"), MaxLength(256)]
    public string? PermanentExitCodes { get; init; }
}

/// <summary>What is restarted when a pod fails.</summary>
[JsonConverter(typeof(EnumNameConverter<RestartScope>))]
public enum RestartScope
{
    /// <summary>All pods of the job.</summary>
    Gang,

    /// <summary>The pod that failed.</summary>
    Replica,
}
