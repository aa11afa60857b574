using System.Text.Json.Serialization;

namespace EnterpriseAI.Data;

/// <summary>Everything measured about a source. Bounded: the numbers of columns, values and messages are capped.</summary>
public sealed record DataProfile
{
    public required Snapshot Snapshot { get; init; }

    public required SchemaReport Schema { get; init; }

    /// <summary>At most <see cref="ProfileOptions.MaxColumns"/>, in the order of the source.</summary>
    public required IReadOnlyList<ColumnStatistics> Columns { get; init; }

    /// <summary>Columns of the source that were not profiled because of the cap.</summary>
    public int ColumnsOmitted { get; init; }

    public required QualityReport Quality { get; init; }

    public required ClassificationReport Classification { get; init; }

    /// <summary>Null when the request brought no baseline.</summary>
    public DriftReport? Drift { get; init; }

    /// <summary>What a later profile compares with.</summary>
    public required DriftBaseline Baseline { get; init; }
}

/// <summary>Which bytes were profiled.</summary>
public sealed record Snapshot
{
    /// <summary>
    /// <c>sha256:</c> and hex. One file: of its bytes. Several: of the concatenated raw SHA-256 digests of the files,
    /// ordered by path. Renaming files without changing their order leaves it as it is.
    /// </summary>
    public required string Digest { get; init; }

    public required DataFormat Format { get; init; }

    public required long Rows { get; init; }

    public required long Bytes { get; init; }

    public required int Files { get; init; }

    public required DateTimeOffset ObservedAt { get; init; }
}

/// <summary>What the columns are, and where they are not as declared.</summary>
public sealed record SchemaReport
{
    public required IReadOnlyList<ColumnSchema> Columns { get; init; }

    /// <summary>False when the policy is Enforce and a violation of severity Error was found.</summary>
    public required bool Valid { get; init; }

    public required IReadOnlyList<SchemaViolation> Violations { get; init; }
}

/// <param name="Name">As in the source.</param>
/// <param name="Type">As inferred.</param>
/// <param name="Nullable">True when a value is missing.</param>
public sealed record ColumnSchema(string Name, ColumnType Type, bool Nullable);

/// <param name="Column">Null when the violation is about the whole source.</param>
/// <param name="Rule">What was violated.</param>
/// <param name="Severity">Error only under <see cref="SchemaPolicy.Enforce"/>.</param>
/// <param name="Count">How many values, or columns, violate the rule.</param>
/// <param name="Message">What to do; quotes no data.</param>
public sealed record SchemaViolation(string? Column, SchemaRule Rule, ViolationSeverity Severity, long Count, string Message);

[JsonConverter(typeof(JsonStringEnumConverter<SchemaRule>))]
public enum SchemaRule
{
    MissingColumn,

    /// <summary>Columns the schema does not declare; always a warning, since declaring some columns is enough.</summary>
    UndeclaredColumns,
    WrongType,
    NullNotAllowed,
    BelowMinimum,
    AboveMaximum,
    PatternMismatch,
    ValueNotAllowed,
}

[JsonConverter(typeof(JsonStringEnumConverter<ViolationSeverity>))]
public enum ViolationSeverity
{
    Warning,
    Error,
}

/// <summary>Statistics of one column. Numbers are over finite values; what does not apply to the type is null.</summary>
public sealed record ColumnStatistics
{
    public required string Name { get; init; }

    public required ColumnType Type { get; init; }

    public required long Nulls { get; init; }

    /// <summary>Texts of nothing but white space; they count as missing in completeness.</summary>
    public long Blanks { get; init; }

    /// <summary>NaN and infinities.</summary>
    public long NonFinite { get; init; }

    /// <summary>Exact up to 100,000 rows, then a HyperLogLog estimate (a few percent).</summary>
    public long Distinct { get; init; }

    /// <summary>As text, at most 64 characters; null when <see cref="Redacted"/>.</summary>
    public string? Minimum { get; init; }

    /// <summary>As text, at most 64 characters; null when <see cref="Redacted"/>.</summary>
    public string? Maximum { get; init; }

    public double? Mean { get; init; }

    /// <summary>Of the sample (n - 1).</summary>
    public double? StandardDeviation { get; init; }

    /// <summary>By probability, such as <c>0.5</c>. Exact up to a million rows, then a t-digest estimate.</summary>
    public IReadOnlyDictionary<string, double>? Quantiles { get; init; }

    /// <summary>The most frequent values, at most 10; null for columns of many values and when <see cref="Redacted"/>.</summary>
    public IReadOnlyList<ValueCount>? TopValues { get; init; }

    /// <summary>True when the column looks sensitive, so that no value of it is shown.</summary>
    public bool Redacted { get; init; }
}

/// <param name="Value">As text, at most 64 characters.</param>
/// <param name="Count">Rows with it.</param>
public sealed record ValueCount(string Value, long Count);

/// <summary>Whether the data is good enough, and in which respect.</summary>
public sealed record QualityReport
{
    /// <summary>The mean of the dimensions that could be measured, between 0 and 1; null when none could.</summary>
    public double? Score { get; init; }

    public required QualityDimensions Dimensions { get; init; }

    /// <summary>True when completeness, freshness and every expectation are as the request demands.</summary>
    public required bool Met { get; init; }

    /// <summary>One sentence per demand that is not met.</summary>
    public required IReadOnlyList<string> Unmet { get; init; }

    public required IReadOnlyList<ExpectationResult> Expectations { get; init; }

    public FreshnessResult? Freshness { get; init; }
}

/// <summary>Shares between 0 and 1; null where there is nothing to measure, which is neither good nor bad.</summary>
public sealed record QualityDimensions
{
    /// <summary>Values that are neither NULL nor blank text, over all rows times columns.</summary>
    public double? Completeness { get; init; }

    /// <summary>Distinct rows over rows: 1 when no row is an exact copy of another.</summary>
    public double? Uniqueness { get; init; }

    /// <summary>
    /// Mean over the columns that can be judged of the share of present values that are valid: for a declared column,
    /// of its type, within its bounds, matching its pattern, among its allowed values (the worst of these); for any
    /// other numeric column, finite. A declared column that is missing counts 0.
    /// </summary>
    public double? Validity { get; init; }

    /// <summary>1 while the newest value is at most <c>maxAge</c> old, then <c>maxAge / age</c>.</summary>
    public double? Timeliness { get; init; }

    /// <summary>
    /// Mean of the pass rates of the expectations and, per text column, its uniformity: when at least half of the texts
    /// read as a number (or a time), the share that does; otherwise 1.
    /// </summary>
    public double? Consistency { get; init; }
}

/// <summary>How one expectation fared.</summary>
public sealed record ExpectationResult
{
    public required string Name { get; init; }

    public required ExpectationOutcome Outcome { get; init; }

    /// <summary>Passed over passed and failed; null when no row could be judged.</summary>
    public double? PassRate { get; init; }

    public required double MinPassRate { get; init; }

    public long Passed { get; init; }

    public long Failed { get; init; }

    /// <summary>Rows where the expression is NULL.</summary>
    public long Unknown { get; init; }

    /// <summary>Why it did not pass, at most 300 characters.</summary>
    public string? Message { get; init; }
}

[JsonConverter(typeof(JsonStringEnumConverter<ExpectationOutcome>))]
public enum ExpectationOutcome
{
    Passed,
    Failed,

    /// <summary>No row could be judged. Not a pass.</summary>
    Inconclusive,

    /// <summary>The expression itself is wrong or failed on the data.</summary>
    Broken,
}

/// <summary>How old the newest value of the freshness column is.</summary>
public sealed record FreshnessResult
{
    public required string Column { get; init; }

    /// <summary>The newest value that is not in the future; null when there is none.</summary>
    public DateTimeOffset? Newest { get; init; }

    public double? AgeSeconds { get; init; }

    public required double MaxAgeSeconds { get; init; }

    /// <summary>Values later than the time of the profile; they do not make the data fresh.</summary>
    public long InFuture { get; init; }

    /// <summary>Null when there is no value to judge by.</summary>
    public bool? Fresh { get; init; }

    public string? Message { get; init; }
}

/// <summary>Which columns are sensitive.</summary>
public sealed record ClassificationReport
{
    /// <summary>The higher of the declared level and the one the findings ask for.</summary>
    public required SensitivityLevel Level { get; init; }

    public required IReadOnlyList<ClassificationFinding> Findings { get; init; }
}

/// <param name="Column">As in the source.</param>
/// <param name="Entity">Such as <c>EmailAddress</c>.</param>
/// <param name="Framework">The family of rules.</param>
/// <param name="Confidence">Between 0 and 1.</param>
public sealed record ClassificationFinding(string Column, string Entity, ClassificationFramework Framework, double Confidence);
