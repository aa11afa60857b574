using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>The result of <c>agent profile</c>: the shapes of the status, and what the conditions are made of.</summary>
/// <remarks>Required members: a result of another shape is refused as a whole, not shown in part.</remarks>
internal sealed record ProfileResult
{
    public required DataSnapshot Snapshot { get; init; }

    public required ResultSchema Schema { get; init; }

    public required ResultQuality Quality { get; init; }

    public required ClassificationReport Classification { get; init; }

    /// <exception cref="JsonException">The result is of another shape: the agent and the operator are of different versions.</exception>
    public static ProfileResult Parse(JsonElement result) =>
        result.Deserialize(ProfileResultJson.Default.ProfileResult) ?? throw new JsonException("the result is null");
}

internal sealed record ResultSchema
{
    public required IReadOnlyList<ObservedColumn> Columns { get; init; }

    /// <summary>No declared column is broken in a way that the policy refuses.</summary>
    public required bool Valid { get; init; }

    public required IReadOnlyList<ResultViolation> Violations { get; init; }
}

/// <param name="Message">Names the column, the rule and the count.</param>
internal sealed record ResultViolation(string? Column, string Message);

internal sealed record ResultQuality
{
    public double? Score { get; init; }

    public required QualityDimensions Dimensions { get; init; }

    public required bool Met { get; init; }

    /// <summary>One sentence per rule that is not met.</summary>
    public required IReadOnlyList<string> Unmet { get; init; }

    public required IReadOnlyList<FailedExpectation> FailedExpectations { get; init; }
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ProfileResult))]
internal sealed partial class ProfileResultJson : JsonSerializerContext;
