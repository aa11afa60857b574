using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Agent.Commands;
using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.Agent.Training;

namespace EnterpriseAI.Agent;

/// <summary>The JSON that a failed agent writes.</summary>
public sealed record FailureReport(FailureDetails Error);

/// <summary>Why the agent failed.</summary>
/// <param name="Reason">A CamelCase word for machines.</param>
/// <param name="Message">One line that names the file or argument and says what to do.</param>
public sealed record FailureDetails(string Reason, string Message);

/// <summary>Every JSON shape the agent reads or writes, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(FailureReport))]
[JsonSerializable(typeof(ProgressReport))]
[JsonSerializable(typeof(TrainResult))]
[JsonSerializable(typeof(EvaluationMetric[]))]
[JsonSerializable(typeof(HoldoutFile))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
[JsonSerializable(typeof(Dictionary<string, float>))]
[JsonSerializable(typeof(FetchResult))]
[JsonSerializable(typeof(CacheListing))]
[JsonSerializable(typeof(CachePruning))]
[JsonSerializable(typeof(SignResult))]
[JsonSerializable(typeof(VerifyResult))]
internal sealed partial class AgentJson : JsonSerializerContext
{
    /// <summary>Leaves quotes and letters of other languages readable; nothing here becomes part of a web page.</summary>
    public static AgentJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
