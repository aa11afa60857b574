using System.Globalization;
using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Quality;

/// <summary>Measures every column, a batch of columns per scan, so that wide sources need bounded memory.</summary>
internal sealed class ColumnProfiler(SourceTable source, CancellationToken cancellationToken)
{
    private const int ColumnsPerScan = 24;
    private const long ExactDistinctRows = 100_000;
    private const long ExactQuantileRows = 1_000_000;
    private const long TopValuesDistinct = 10_000;
    private const int TopValues = 10;
    private const int ShownLength = 64;

    /// <summary>The probabilities whose quantiles are published, and cut the values of a drift baseline.</summary>
    internal static readonly double[] Probabilities =
        [0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99];

    private static readonly double[] Published = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

    public IReadOnlyList<MeasuredColumn> Measure(IReadOnlyList<SourceColumn> columns)
    {
        var measured = new List<MeasuredColumn>(columns.Count);
        foreach (var batch in columns.Chunk(ColumnsPerScan)) measured.AddRange(MeasureBatch(batch));
        return measured;
    }

    /// <summary>The most frequent values; null for nested columns and those of many values.</summary>
    public IReadOnlyList<ValueCount>? MostFrequent(MeasuredColumn column)
    {
        if (column.Statistics.Distinct is 0 or > TopValuesDistinct || IsNested(column.Source)) return null;
        var result = source.Connection.Query(
            $"""
            SELECT left(CAST({column.Source.Sql} AS VARCHAR), {ShownLength}) AS value, count(*) AS rows
            FROM {SourceTable.Name} WHERE {column.Source.Sql} IS NOT NULL GROUP BY ALL ORDER BY rows DESC, value LIMIT {TopValues}
            """,
            cancellationToken);
        return [.. result.Rows.Select(r => new ValueCount((string)r[0]!, (long)r[1]!))];
    }

    /// <summary>Rows that are not exact copies of another. By a 64-bit hash: one false copy in some 10 billion rows squared.</summary>
    public long DistinctRows()
    {
        var columns = string.Join(", ", source.Columns.Select(c => c.Sql));
        return source.Connection.Query($"SELECT count(DISTINCT hash({columns})) FROM {SourceTable.Name}", cancellationToken).Count(0);
    }

    private IEnumerable<MeasuredColumn> MeasureBatch(IReadOnlyList<SourceColumn> batch)
    {
        try
        {
            return Run(batch, moments: true);
        }
        catch (DuckDbException e) when (!e.IsOutOfMemory)
        {
            // The variance of values near the end of the double range overflows, which DuckDB reports as an error.
            return batch.Count == 1 ? Run(batch, moments: false) : batch.SelectMany(column => MeasureBatch([column])).ToList();
        }
    }

    private List<MeasuredColumn> Run(IReadOnlyList<SourceColumn> batch, bool moments)
    {
        var selected = string.Join(", ", batch.SelectMany(column => Aggregates(column, moments)));
        var row = source.Connection.Query($"SELECT {selected} FROM {SourceTable.Name}", cancellationToken).Row;
        var position = 0;
        var measured = new List<MeasuredColumn>(batch.Count);
        foreach (var column in batch) measured.Add(ReadColumn(column, row, ref position));
        return measured;
    }

    private string[] Aggregates(SourceColumn column, bool moments)
    {
        var c = column.Sql;
        var hashed = IsNested(column) ? $"hash({c})" : c;
        var distinct = source.Rows <= ExactDistinctRows ? $"count(DISTINCT {hashed})" : $"approx_count_distinct({hashed})";
        string[] common = [$"count({c})", $"least({distinct}, count({c}))"];
        if (column.IsNumeric)
        {
            var d = Finite(column);
            var quantile = source.Rows <= ExactQuantileRows ? "quantile_cont" : "approx_quantile";
            return
            [
                .. common,
                $"count({c}) - count({d})",
                $"CAST(min({c}) AS VARCHAR)",
                $"CAST(max({c}) AS VARCHAR)",
                moments ? $"avg({d})" : "CAST(NULL AS DOUBLE)",
                moments ? $"stddev_samp({d})" : "CAST(NULL AS DOUBLE)",
                $"CAST({quantile}({d}, [{string.Join(", ", Probabilities.Select(p => p.ToString(CultureInfo.InvariantCulture)))}]) AS VARCHAR)",
            ];
        }

        if (column.Type == ColumnType.String)
        {
            var text = $"CAST({c} AS VARCHAR)";
            return
            [
                .. common,
                $"count(*) FILTER (WHERE trim({text}) = '')",
                $"left(min({text}), {ShownLength})",
                $"left(max({text}), {ShownLength})",
                // A cast that fails costs a microsecond; what cannot be a number or a time is told by its first characters.
                $"count(CASE WHEN ascii(ltrim({text})) BETWEEN 43 AND 57 THEN TRY_CAST({text} AS DOUBLE) END)",
                $"count(CASE WHEN {text} LIKE '____-%-%' THEN TRY_CAST({text} AS TIMESTAMP) END)",
            ];
        }

        return column.IsTemporal || column.Type is ColumnType.Time or ColumnType.Boolean
            ? [.. common, $"CAST(min({c}) AS VARCHAR)", $"CAST(max({c}) AS VARCHAR)"]
            : common;
    }

    private MeasuredColumn ReadColumn(SourceColumn column, object?[] row, ref int position)
    {
        var present = (long)row[position++]!;
        var statistics = new ColumnStatistics
        {
            Name = column.Name,
            Type = column.Type,
            Nulls = source.Rows - present,
            Distinct = (long)row[position++]!,
        };
        if (column.IsNumeric)
        {
            statistics = statistics with
            {
                NonFinite = (long)row[position++]!,
                Minimum = (string?)row[position++],
                Maximum = (string?)row[position++],
                Mean = Finite(row[position++]),
                StandardDeviation = Finite(row[position++]),
            };
            var quantiles = ParseQuantiles((string?)row[position++]);
            return new MeasuredColumn(column, statistics with { Quantiles = Publish(quantiles) }, quantiles, null);
        }

        if (column.Type == ColumnType.String)
        {
            statistics = statistics with
            {
                Blanks = (long)row[position++]!,
                Minimum = (string?)row[position++],
                Maximum = (string?)row[position++],
            };
            var typed = Math.Max((long)row[position++]!, (long)row[position++]!);
            double? uniformity = present == 0 ? null : typed * 2 >= present ? (double)typed / present : 1;
            return new MeasuredColumn(column, statistics, null, uniformity);
        }

        return column.IsTemporal || column.Type is ColumnType.Time or ColumnType.Boolean
            ? new MeasuredColumn(column, statistics with { Minimum = (string?)row[position++], Maximum = (string?)row[position++] }, null, null)
            : new MeasuredColumn(column, statistics, null, null);
    }

    /// <summary>The column's finite values as doubles, NULL for the others.</summary>
    internal static string Finite(SourceColumn column) => column.Type == ColumnType.Double
        ? $"CASE WHEN isfinite({column.Sql}) THEN CAST({column.Sql} AS DOUBLE) END"
        : $"CAST({column.Sql} AS DOUBLE)";

    private static bool IsNested(SourceColumn column) => column.Type is ColumnType.List or ColumnType.Struct or ColumnType.Other or ColumnType.Binary;

    private static double? Finite(object? value) => value is double number && double.IsFinite(number) ? number : null;

    private static double[]? ParseQuantiles(string? list) => list is null or "[]" ? null :
        [.. list.Trim('[', ']').Split(',').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];

    private static Dictionary<string, double>? Publish(double[]? quantiles) => quantiles is null ? null : Published.ToDictionary(
        p => p.ToString(CultureInfo.InvariantCulture), p => quantiles[Array.IndexOf(Probabilities, p)]);
}

/// <param name="Source">The column.</param>
/// <param name="Statistics">What is published.</param>
/// <param name="Quantiles">At <see cref="ColumnProfiler.Probabilities"/>; null without finite numbers.</param>
/// <param name="Uniformity">For text: the share in the column's typed form, 1 when it has none, null without values.</param>
internal sealed record MeasuredColumn(SourceColumn Source, ColumnStatistics Statistics, double[]? Quantiles, double? Uniformity);
