using System.Globalization;
using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Quality;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Drift;

/// <summary>Counts how the values of a column fall into the cuts or categories of a baseline, a new one or an earlier one.</summary>
internal sealed class BaselineBuilder(SourceTable source, CancellationToken cancellationToken)
{
    /// <summary>Numbers with this many different values or fewer are codes, and are compared as categories.</summary>
    private const int CodeValues = 10;
    private const long MaxCategories = 1000;
    private const int KeptCategories = 32;

    /// <returns>Null for a column that no test fits: times (which always move on), identifiers, nested values.</returns>
    public ColumnBaseline? Build(MeasuredColumn column)
    {
        if (column.Source.IsNumeric && column.Statistics.Distinct > CodeValues && column.Quantiles is { } quantiles)
            return Cut(column.Source, column.Statistics.Nulls, [.. quantiles.Select(Shorten).Distinct()]);
        var categorical = column.Source.IsNumeric || column.Source.Type is ColumnType.String or ColumnType.Boolean;
        var identifier = column.Statistics.Distinct > MaxCategories || column.Statistics.Distinct * 2 > source.Rows;
        if (!categorical || (identifier && column.Source.Type == ColumnType.String) || column.Statistics.Distinct == 0) return null;
        var categories = Categories(column.Source).OrderByDescending(c => c.Value).ThenBy(c => c.Key, StringComparer.Ordinal).Take(KeptCategories);
        return new ColumnBaseline { Name = column.Source.Name, Nulls = column.Statistics.Nulls, Categories = categories.ToDictionary() };
    }

    /// <summary>How many values lie at or below each of <paramref name="cuts"/>.</summary>
    public ColumnBaseline Cut(SourceColumn column, long nulls, IReadOnlyList<double> cuts)
    {
        var value = ColumnProfiler.Finite(column);
        var counts = string.Join(", ", cuts.Select(cut => $"count(*) FILTER (WHERE {value} <= {Sql.Literal(cut)})"));
        var row = source.Connection.Query($"SELECT {counts} FROM {SourceTable.Name}", cancellationToken).Row;
        return new ColumnBaseline { Name = column.Name, Nulls = nulls, Cuts = cuts, AtOrBelow = [.. row.Select(count => (long)count!)] };
    }

    /// <summary>How often each category occurs; of more than 1000 the most frequent.</summary>
    public Dictionary<string, long> Categories(SourceColumn column)
    {
        var rows = source.Connection.Query(
            $"""
            SELECT left(md5(CAST({column.Sql} AS VARCHAR)), 8) AS category, count(*) AS rows
            FROM {SourceTable.Name} WHERE {column.Sql} IS NOT NULL GROUP BY category ORDER BY rows DESC, category LIMIT {MaxCategories}
            """,
            cancellationToken).Rows;
        return rows.ToDictionary(r => (string)r[0]!, r => (long)r[1]!);
    }

    // Cut points need not be exact quantiles: the counts are taken at the shortened ones.
    private static double Shorten(double value) =>
        double.Parse(value.ToString("G5", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
