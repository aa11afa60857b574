using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace EnterpriseAI.Data;

/// <summary>What goes into <c>DataSource.status</c>: the profile without statistics, small enough for a pod's termination message.</summary>
public sealed record DataProfileSummary
{
    /// <summary>The most characters of a termination message.</summary>
    public const int TerminationMessageLimit = 4096;

    public required Snapshot Snapshot { get; init; }

    public required SchemaSummary Schema { get; init; }

    public required QualitySummary Quality { get; init; }

    public DriftReport? Drift { get; init; }

    public required ClassificationReport Classification { get; init; }

    /// <summary>For the next comparison; holds fewer columns, or is null, when the summary would not fit otherwise.</summary>
    public DriftBaseline? Baseline { get; init; }

    /// <summary>True when lists were cut to fit.</summary>
    public bool Truncated { get; init; }

    /// <summary>
    /// The summary of <paramref name="profile"/>, cut so that its JSON, or <c>gzip:</c> and the base64 of the compressed
    /// JSON, is at most <paramref name="limit"/> characters. What goes first: the baseline, then the ends of the lists.
    /// </summary>
    public static DataProfileSummary Of(DataProfile profile, int limit = TerminationMessageLimit)
    {
        for (var step = 0; ; step++)
        {
            var summary = Cut(profile, step);
            if (step == LastStep || MessageLength(summary) <= limit) return summary;
        }
    }

    private const int LastStep = 12;

    internal static int MessageLength(DataProfileSummary summary)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(summary, DataJson.Default.DataProfileSummary);
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.SmallestSize, leaveOpen: true)) gzip.Write(json);
        return Math.Min(json.Length, "gzip:".Length + ((((int)compressed.Length + 2) / 3) * 4));
    }

    private static DataProfileSummary Cut(DataProfile profile, int step)
    {
        // The baseline halves over the first steps and is gone from the fifth on; then the lists halve.
        var baselineColumns = step < 5 ? 64 >> step : 0;
        var listed = 100 >> Math.Max(0, step - 4);
        var whole = profile.Schema.Columns.Count <= listed && profile.Schema.Violations.Count <= listed
            && profile.Classification.Findings.Count <= listed && (profile.Drift?.Columns.Count ?? 0) <= listed
            && profile.Quality.Unmet.Count <= listed && profile.ColumnsOmitted == 0;
        var baseline = new DriftBaseline
        {
            Digest = profile.Baseline.Digest,
            Rows = profile.Baseline.Rows,
            Columns = [.. profile.Baseline.Columns.Take(baselineColumns)],
        };
        return new DataProfileSummary
        {
            Snapshot = profile.Snapshot,
            Schema = new SchemaSummary
            {
                Columns = [.. profile.Columns.Take(listed).Select(c => Observed(c, profile.Snapshot.Rows))],
                Valid = profile.Schema.Valid,
                Violations = [.. profile.Schema.Violations.OrderByDescending(v => v.Severity).Take(listed)],
            },
            Quality = new QualitySummary
            {
                Score = Round(profile.Quality.Score),
                Dimensions = Round(profile.Quality.Dimensions),
                Met = profile.Quality.Met,
                Unmet = [.. profile.Quality.Unmet.Take(listed)],
                FailedExpectations =
                [
                    .. profile.Quality.Expectations.Where(e => e.Outcome != ExpectationOutcome.Passed).Take(listed)
                        .Select(e => new FailedExpectation(e.Name, e.PassRate, e.MinPassRate, e.Message)),
                ],
            },
            Drift = profile.Drift is null ? null : profile.Drift with
            {
                Columns = [.. profile.Drift.Columns.OrderByDescending(c => c.Verdict == DriftVerdict.Drifted).Take(listed)],
            },
            Classification = profile.Classification with { Findings = [.. profile.Classification.Findings.Take(listed)] },
            Baseline = baseline.Columns.Count > 0 ? baseline : null,
            Truncated = !whole || baseline.Columns.Count < profile.Baseline.Columns.Count,
        };
    }

    private static QualityDimensions Round(QualityDimensions d) => new()
    {
        Completeness = Round(d.Completeness),
        Uniqueness = Round(d.Uniqueness),
        Validity = Round(d.Validity),
        Timeliness = Round(d.Timeliness),
        Consistency = Round(d.Consistency),
    };

    // Down, so that 0.99999 of a billion rows does not read as complete.
    private static double? Round(double? share) => share is { } value ? Math.Floor((value * 10_000) + 1e-9) / 10_000 : null;

    private static ObservedColumn Observed(ColumnStatistics column, long rows)
    {
        var number = column.Type is ColumnType.Integer or ColumnType.Double or ColumnType.Decimal;
        return new ObservedColumn
        {
            Name = column.Name,
            Type = column.Type,
            Nullable = column.Nulls > 0,
            Completeness = Round(1 - ((double)(column.Nulls + column.Blanks) / rows)),
            Distinct = column.Distinct,
            Minimum = number ? Number(column.Minimum) : null,
            Maximum = number ? Number(column.Maximum) : null,
            Mean = column.Redacted || column.Mean is null ? null : Number(column.Mean.Value.ToString("G6", CultureInfo.InvariantCulture)),
        };
    }

    private static double? Number(string? text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
}
