using System.Text.Json.Serialization;

namespace EnterpriseAI.Data;

/// <summary>How the data compares with its baseline.</summary>
public sealed record DriftReport
{
    /// <summary>Drifted when any column drifted; InsufficientData when no column could be compared.</summary>
    public required DriftVerdict Verdict { get; init; }

    /// <summary>Digest of the snapshot behind the baseline.</summary>
    public required string BaselineDigest { get; init; }

    public required IReadOnlyList<ColumnDrift> Columns { get; init; }
}

/// <param name="Name">The column.</param>
/// <param name="Test">Which test gave the figures.</param>
/// <param name="PValue">Corrected for all tests made; null without data.</param>
/// <param name="Effect">KS distance, Cramér's V, or the difference of the null shares; null without data.</param>
/// <param name="Verdict">About this column.</param>
public sealed record ColumnDrift(string Name, DriftTest Test, double? PValue, double? Effect, DriftVerdict Verdict);

[JsonConverter(typeof(JsonStringEnumConverter<DriftVerdict>))]
public enum DriftVerdict
{
    None,
    Drifted,
    InsufficientData,
}

[JsonConverter(typeof(JsonStringEnumConverter<DriftTest>))]
public enum DriftTest
{
    /// <summary>Two-sample Kolmogorov-Smirnov at the baseline's quantiles; effect: the largest distance of the distribution functions.</summary>
    KolmogorovSmirnov,

    /// <summary>Chi-square of homogeneity over the categories; effect: Cramér's V.</summary>
    ChiSquare,

    /// <summary>Chi-square over present and missing; effect: the difference of the shares of missing values.</summary>
    MissingShare,
}

/// <summary>A compact summary of the columns that can be tested for drift; small enough to be kept as text.</summary>
public sealed record DriftBaseline
{
    public required string Digest { get; init; }

    public required long Rows { get; init; }

    public required IReadOnlyList<ColumnBaseline> Columns { get; init; }
}

/// <summary>
/// One column: either cut points with the number of values at or below each, or categories with their counts.
/// Categories are kept as the first 8 hex digits of their MD5, so that a baseline holds no text of the data.
/// </summary>
public sealed record ColumnBaseline
{
    public required string Name { get; init; }

    public long Nulls { get; init; }

    public IReadOnlyList<double>? Cuts { get; init; }

    public IReadOnlyList<long>? AtOrBelow { get; init; }

    public IReadOnlyDictionary<string, long>? Categories { get; init; }
}
