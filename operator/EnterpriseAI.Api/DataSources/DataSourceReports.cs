using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>The columns that were found.</summary>
public sealed record ObservedSchema
{
    /// <summary>The columns, in the order of the data.</summary>
    [MaxItems(1000)]
    public IReadOnlyList<ObservedColumn> Columns { get; init => field = value ?? []; } = [];
}

/// <summary>A column that was found.</summary>
public sealed record ObservedColumn
{
    /// <summary>Name, as in the data.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Inferred type.</summary>
    public ColumnType Type { get; init; }

    /// <summary>True when values are missing.</summary>
    public bool Nullable { get; init; }

    /// <summary>Share of values that are present, from 0 to 1.</summary>
    public double? Completeness { get; init; }

    /// <summary>Number of different values; an estimate above some thousand.</summary>
    public long? Distinct { get; init; }

    /// <summary>Smallest value of a numeric column.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest value of a numeric column.</summary>
    public double? Maximum { get; init; }

    /// <summary>Mean of a numeric column.</summary>
    public double? Mean { get; init; }
}

/// <summary>Measured quality.</summary>
public sealed record QualityReport
{
    /// <summary>Mean of the dimensions that could be measured, from 0 to 1.</summary>
    public double? Score { get; init; }

    /// <summary>Quality by dimension.</summary>
    public QualityDimensions? Dimensions { get; init; }

    /// <summary>Expectations that were not met.</summary>
    [ListMapKey("name"), MaxItems(200)]
    public IReadOnlyList<FailedExpectation> FailedExpectations { get; init => field = value ?? []; } = [];
}

/// <summary>Quality by dimension, each from 0 to 1; left out where it could not be measured.</summary>
public sealed record QualityDimensions
{
    /// <summary>Share of values that are present.</summary>
    public double? Completeness { get; init; }

    /// <summary>Share of rows that do not repeat another.</summary>
    public double? Uniqueness { get; init; }

    /// <summary>Share of values that agree with the declared schema.</summary>
    public double? Validity { get; init; }

    /// <summary>How far the newest row is within the allowed age.</summary>
    public double? Timeliness { get; init; }

    /// <summary>Share of rows that meet the expectations.</summary>
    public double? Consistency { get; init; }
}

/// <summary>An expectation that was not met.</summary>
public sealed record FailedExpectation
{
    /// <summary>Name of the expectation.</summary>
    [Required]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Share of rows that satisfied it, from 0 to 1. Left out: it could not be evaluated.</summary>
    public double? PassRate { get; init; }

    /// <summary>Share of rows that was asked for, from 0 to 1.</summary>
    public double? MinPassRate { get; init; }

    /// <summary>What was found and what to do.</summary>
    public string? Message { get; init; }
}

/// <summary>Comparison of the last snapshot with the baseline.</summary>
public sealed record DriftReport
{
    /// <summary>The verdict over all columns.</summary>
    public DriftVerdict Verdict { get; init; }

    /// <summary>Digest of the snapshot that was compared with.</summary>
    public string? BaselineDigest { get; init; }

    /// <summary>The columns that were tested.</summary>
    [MaxItems(1000)]
    public IReadOnlyList<ColumnDrift> Columns { get; init => field = value ?? []; } = [];
}

/// <summary>Verdict of a drift test.</summary>
[JsonConverter(typeof(EnumNameConverter<DriftVerdict>))]
public enum DriftVerdict
{
    /// <summary>No drift was found.</summary>
    None,

    /// <summary>At least one column drifted.</summary>
    Drifted,

    /// <summary>Too few rows, or no baseline yet.</summary>
    InsufficientData,
}

/// <summary>Drift test of one column.</summary>
public sealed record ColumnDrift
{
    /// <summary>Name of the column.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Name of the test, such as KolmogorovSmirnov, ChiSquare or MissingShare.</summary>
    public string Test { get; init => field = value ?? ""; } = "";

    /// <summary>Probability of a difference at least as large without drift, from 0 to 1.</summary>
    public double? PValue { get; init; }

    /// <summary>Size of the difference, from 0 (none) to 1.</summary>
    public double? Effect { get; init; }
}

/// <summary>Sensitive content that was found.</summary>
public sealed record ClassificationReport
{
    /// <summary>The declared confidentiality, raised by what was found.</summary>
    public ConfidentialityLevel? Level { get; init; }

    /// <summary>Columns with sensitive content.</summary>
    [MaxItems(1000)]
    public IReadOnlyList<ClassificationFinding> Findings { get; init => field = value ?? []; } = [];
}

/// <summary>A column with sensitive content.</summary>
public sealed record ClassificationFinding
{
    /// <summary>Name of the column.</summary>
    public string Column { get; init => field = value ?? ""; } = "";

    /// <summary>Kind of content, such as EmailAddress or Iban.</summary>
    public string Entity { get; init => field = value ?? ""; } = "";

    /// <summary>Family of content.</summary>
    public SensitiveContent Framework { get; init; }

    /// <summary>Confidence, from 0 to 1.</summary>
    public double Confidence { get; init; }
}
