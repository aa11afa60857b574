using EnterpriseAI.Data.Classification;
using EnterpriseAI.Data.Drift;
using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Quality;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data;

/// <summary>
/// Profiles tabular files: fingerprint, schema, statistics, quality, sensitive columns and drift.
/// </summary>
/// <remarks>
/// Guarantees: the digest and the figures are of the same bytes; expressions of the request can read the source and
/// nothing else; memory and temporary disk are bounded by <see cref="ProfileOptions"/>; bad input ends in
/// <see cref="DataSourceException"/>. Thread-safe: every call has a database of its own.
/// </remarks>
public sealed class DataProfiler(TimeProvider time, ProfileOptions? options = null)
{
    /// <summary>Values of a column that looks sensitive to this degree are not shown, whatever the request's threshold.</summary>
    private const double RedactionConfidence = 0.6;
    private const int MaxBaselineColumns = 64;
    private readonly ProfileOptions _options = options ?? new ProfileOptions();

    /// <exception cref="DataSourceException">The source or the request is at fault; the message says where and what to do.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; a running scan is interrupted.</exception>
    public async Task<DataProfile> ProfileAsync(ProfileRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        Validate(request);
        try
        {
            var (files, format) = SourceFiles.Resolve(request, _options.Root, cancellationToken);
            var fingerprint = await Fingerprint.ComputeAsync(files, cancellationToken).ConfigureAwait(false);
            // DuckDB blocks its caller; a pool thread is given up for it.
            var profile = await Task.Run(() => Profile(request, files, format, fingerprint, cancellationToken), cancellationToken).ConfigureAwait(false);
            fingerprint.ThrowIfChanged();
            return profile;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSourceException(DataSourceReasons.ReadFailed, $"{string.Join(", ", request.Paths)}: {e.Message}", isTransient: true, e);
        }
    }

    private DataProfile Profile(
        ProfileRequest request, IReadOnlyList<string> files, DataFormat format, Fingerprint fingerprint, CancellationToken cancellationToken)
    {
        using var source = SourceTable.Open(files, format, _options, cancellationToken);
        try
        {
            return Profile(request, source, fingerprint, cancellationToken);
        }
        catch (DuckDbException e)
        {
            throw SourceTable.Explain(e, string.Join(", ", request.Paths));
        }
    }

    private DataProfile Profile(ProfileRequest request, SourceTable source, Fingerprint fingerprint, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var profiler = new ColumnProfiler(source, cancellationToken);
        var columns = profiler.Measure([.. source.Columns.Take(_options.MaxColumns)]);
        var (violations, validity) = request.Schema is { } schema
            ? new SchemaCheck(source, cancellationToken).Check(schema)
            : ([], new Dictionary<string, double?>());

        var spec = request.Quality;
        var expectations = new ExpectationCheck(source, cancellationToken);
        var freshness = spec?.Freshness is { } fresh ? new FreshnessCheck(source, now, cancellationToken).Check(fresh) : null;
        var quality = QualityScore.Report(
            spec, columns, source.Rows, profiler.DistinctRows(), validity, [.. (spec?.Expectations ?? []).Select(expectations.Check)], freshness);

        var findings = new ColumnClassifier(source, _options.ClassificationSample, cancellationToken).Classify(columns);
        var sensitive = findings.Where(f => f.Finding.Confidence >= RedactionConfidence).Select(f => f.Finding.Column).ToHashSet(StringComparer.Ordinal);
        var counting = new BaselineBuilder(source, cancellationToken);
        return new DataProfile
        {
            Snapshot = new Snapshot
            {
                Digest = fingerprint.Digest,
                Format = source.Format,
                Rows = source.Rows,
                Bytes = fingerprint.Bytes,
                Files = fingerprint.States.Count,
                ObservedAt = now,
            },
            Schema = new SchemaReport
            {
                Columns = [.. columns.Select(c => new ColumnSchema(c.Source.Name, c.Source.Type, c.Statistics.Nulls > 0))],
                Valid = violations.All(v => v.Severity != ViolationSeverity.Error),
                Violations = violations,
            },
            Columns = [.. columns.Select(c => sensitive.Contains(c.Source.Name) ? Redact(c) : c.Statistics with { TopValues = profiler.MostFrequent(c) })],
            ColumnsOmitted = source.Columns.Count - columns.Count,
            Quality = quality,
            Classification = Classify(request.Classification ?? new ClassificationSpec(), findings),
            Drift = request.DriftBaseline is { } baseline ? Compare(request.Drift ?? new DriftSpec(), baseline, source, columns, counting) : null,
            Baseline = new DriftBaseline
            {
                Digest = fingerprint.Digest,
                Rows = source.Rows,
                // The cuts of a sensitive number are values of it.
                Columns = [.. columns.Where(c => !(c.Source.IsNumeric && sensitive.Contains(c.Source.Name))).Take(MaxBaselineColumns).Select(counting.Build).OfType<ColumnBaseline>()],
            },
        };
    }

    private static ColumnStatistics Redact(MeasuredColumn column) => column.Statistics with
    {
        Redacted = true,
        Minimum = null,
        Maximum = null,
        Quantiles = null,
        TopValues = null,
    };

    private static ClassificationReport Classify(
        ClassificationSpec spec, IReadOnlyList<(ClassificationFinding Finding, SensitivityLevel Level)> findings)
    {
        var reported = findings.Where(f => f.Finding.Confidence >= spec.ConfidenceThreshold
            && (spec.Frameworks.Count == 0 || spec.Frameworks.Contains(f.Finding.Framework))).ToList();
        var found = reported.Count == 0 ? SensitivityLevel.Internal : reported.Max(f => f.Level);
        // Without a finding the owner's word stands, also when it is Public.
        var level = spec.Level is { } declared && (reported.Count == 0 || declared > found) ? declared : found;
        return new ClassificationReport { Level = level, Findings = [.. reported.Select(f => f.Finding)] };
    }

    private static DriftReport Compare(
        DriftSpec spec, DriftBaseline baseline, SourceTable source, IReadOnlyList<MeasuredColumn> columns, BaselineBuilder counting)
    {
        var byName = columns.ToDictionary(c => c.Source.Name, StringComparer.Ordinal);
        var pairs = baseline.Columns.Select(then => (then, byName.TryGetValue(then.Name, out var column) ? Now(then, column) : null)).ToList();
        return DriftComparison.Compare(spec, baseline, source.Rows, pairs);

        ColumnNow? Now(ColumnBaseline then, MeasuredColumn column)
        {
            var nulls = column.Statistics.Nulls;
            if (then.Categories is not null) return new ColumnNow(source.Rows, nulls, null, counting.Categories(column.Source));
            return then.Cuts is { Count: > 0 } cuts && column.Source.IsNumeric
                ? new ColumnNow(source.Rows, nulls, counting.Cut(column.Source, nulls, cuts).AtOrBelow, null)
                : null;
        }
    }

    private static void Validate(ProfileRequest request)
    {
        if (request.Drift is { } drift && (drift.MinRows < 1 || drift.FalseAlarmRate is not (> 0 and < 1)))
            throw Invalid("drift", "minRows must be at least 1 and falseAlarmRate between 0 and 1");
        if (request.Classification is { ConfidenceThreshold: not (>= 0 and <= 1) })
            throw Invalid("classification.confidenceThreshold", "give a number between 0 and 1");
        if (request.Quality?.Completeness is { Minimum: not (>= 0 and <= 1) })
            throw Invalid("quality.completeness.minimum", "give a share between 0 and 1");
        // Nullability is checked for members only; a null in a list gets past the reader.
        if (request.Schema is { } schema && schema.Columns.Any(c => c is null)) throw Invalid("schema.columns", "holds null; give objects");
        if (request.Quality is { } quality && quality.Expectations.Any(e => e?.Sql is null)) throw Invalid("quality.expectations", "holds null; give objects");
        if (request.DriftBaseline is { } baseline && baseline.Columns.Any(c => c is null || c.Cuts?.Count != c.AtOrBelow?.Count))
            throw Invalid("driftBaseline", "cuts and atOrBelow differ in length; take it from an earlier profile as it is");

        static DataSourceException Invalid(string field, string what) => new(DataSourceReasons.InvalidSpec, $"{field}: {what}");
    }
}
