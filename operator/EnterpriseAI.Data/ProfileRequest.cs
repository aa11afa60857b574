using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.Data;

// Properties with a default have a setter: generated JSON code assigns an init-only one even where the document leaves
// it out, which would replace the default.

/// <summary>What to profile. The sections have the names and the shape of <c>DataSource.spec</c>.</summary>
public sealed record ProfileRequest
{
    /// <summary>Files, folders (searched below) or glob patterns (<c>*</c>, <c>?</c> and <c>**</c>); at least one.</summary>
    public IReadOnlyList<string> Paths { get; set; } = [];

    /// <summary>By the files' suffix when left out.</summary>
    public DataFormat? Format { get; init; }

    /// <summary>The declared columns; columns not named here are allowed.</summary>
    public SchemaSpec? Schema { get; init; }

    public QualitySpec? Quality { get; init; }

    public DriftSpec? Drift { get; init; }

    /// <summary>When left out every framework is looked for, at the default threshold.</summary>
    public ClassificationSpec? Classification { get; init; }

    /// <summary>The baseline of an earlier profile to compare with; without one no drift is reported.</summary>
    public DriftBaseline? DriftBaseline { get; init; }

    /// <summary>Reads a request, or any JSON object with the sections of <c>DataSource.spec</c>; other members are ignored.</summary>
    /// <exception cref="DataSourceException"><c>InvalidSpec</c>: the message names the field.</exception>
    public static ProfileRequest Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, DataJson.Default.ProfileRequest)
                ?? throw new DataSourceException(DataSourceReasons.InvalidSpec, "the profile request is null; give a JSON object");
        }
        catch (JsonException e)
        {
            var field = string.IsNullOrEmpty(e.Path) ? "$" : e.Path;
            throw new DataSourceException(
                DataSourceReasons.InvalidSpec, $"the profile request is wrong at {field}: {e.Message}", innerException: e);
        }
    }
}

/// <summary>How the bytes are to be read.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<DataFormat>))]
public enum DataFormat
{
    /// <summary>Delimited text; delimiter, quote and header are detected. UTF-8.</summary>
    Csv,

    /// <summary>One array of objects, or one object per line. UTF-8.</summary>
    Json,

    Parquet,
}

/// <summary>What a column holds, whatever the format calls it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ColumnType>))]
public enum ColumnType
{
    Boolean,
    Integer,
    Double,
    Decimal,
    String,
    Date,
    Time,
    Timestamp,
    Binary,
    List,
    Struct,
    Other,
}

/// <summary>What a deviation from the declared schema means.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SchemaPolicy>))]
public enum SchemaPolicy
{
    /// <summary>Any deviation makes the schema invalid.</summary>
    Enforce,

    /// <summary>Deviations are reported only.</summary>
    Warn,
}

/// <summary><c>spec.schema</c>.</summary>
public sealed record SchemaSpec
{
    public SchemaPolicy Policy { get; set; } = SchemaPolicy.Enforce;

    public IReadOnlyList<ColumnSpec> Columns { get; set; } = [];
}

/// <summary>One declared column. Bounds hold for values that are present; <see cref="Nullable"/> says whether one may be missing.</summary>
public sealed record ColumnSpec
{
    /// <summary>Exact, case included.</summary>
    public required string Name { get; init; }

    /// <summary>Any type when left out. Integer data satisfies Double and Decimal; Date satisfies Timestamp.</summary>
    public ColumnType? Type { get; init; }

    /// <summary>Default true.</summary>
    public bool Nullable { get; set; } = true;

    /// <summary>Inclusive, for numbers.</summary>
    public double? Minimum { get; init; }

    /// <summary>Inclusive, for numbers.</summary>
    public double? Maximum { get; init; }

    /// <summary>An RE2 expression that some part of the value's text must match; anchor it with <c>^</c> and <c>$</c> for all of it.</summary>
    public string? Pattern { get; init; }

    /// <summary>The only texts a value may have.</summary>
    public IReadOnlyList<string>? AllowedValues { get; init; }
}

/// <summary><c>spec.quality</c>.</summary>
public sealed record QualitySpec
{
    public CompletenessSpec? Completeness { get; init; }

    public FreshnessSpec? Freshness { get; init; }

    public IReadOnlyList<ExpectationSpec> Expectations { get; set; } = [];
}

/// <summary><c>spec.quality.completeness</c>.</summary>
public sealed record CompletenessSpec
{
    /// <summary>A share between 0 and 1.</summary>
    public double Minimum { get; init; }
}

/// <summary><c>spec.quality.freshness</c>.</summary>
public sealed record FreshnessSpec
{
    /// <summary>A date, timestamp, or text that reads as one; UTC where no zone is given.</summary>
    public required string Column { get; init; }

    /// <summary>Such as <c>24h</c>, <c>90m</c> or <c>7d</c>.</summary>
    public required string MaxAge { get; init; }
}

/// <summary><c>spec.quality.expectations[]</c>.</summary>
public sealed record ExpectationSpec
{
    public required string Name { get; init; }

    /// <summary>
    /// A boolean SQL expression over the columns of a row (or over aggregates of all). Where it is NULL the row counts
    /// neither as passed nor as failed. The data can be named again as the table <c>source</c>.
    /// </summary>
    public required string Sql { get; init; }

    /// <summary>A share between 0 and 1; default 1.</summary>
    public double MinPassRate { get; set; } = 1;
}

/// <summary><c>spec.drift</c>.</summary>
public sealed record DriftSpec
{
    /// <summary>Which earlier profile the caller hands over as baseline; not read here.</summary>
    public string? Baseline { get; init; }

    /// <summary>Both sides need this many rows for a verdict; default 500.</summary>
    public long MinRows { get; set; } = 500;

    /// <summary>The chance that a comparison of unchanged data alarms on any column; default 0.01.</summary>
    public double FalseAlarmRate { get; set; } = 0.01;

    /// <summary>What the operator does on drift; not read here.</summary>
    public IReadOnlyList<string> OnDrift { get; set; } = [];
}

/// <summary><c>spec.classification</c>.</summary>
public sealed record ClassificationSpec
{
    /// <summary>All when empty.</summary>
    public IReadOnlyList<ClassificationFramework> Frameworks { get; set; } = [];

    /// <summary>Findings below are left out; between 0 and 1, default 0.85.</summary>
    public double ConfidenceThreshold { get; set; } = 0.85;

    /// <summary>What the owner declares. The result is never lower than what the findings ask for.</summary>
    public SensitivityLevel? Level { get; init; }
}

/// <summary>Which family of rules a sensitive column falls under.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ClassificationFramework>))]
public enum ClassificationFramework
{
    /// <summary>Personally identifiable information.</summary>
    Pii,

    /// <summary>Protected health information.</summary>
    Phi,

    Financial,
}

/// <summary>How sensitive data is, in rising order.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SensitivityLevel>))]
public enum SensitivityLevel
{
    Public,
    Internal,
    Confidential,
    Restricted,
}
