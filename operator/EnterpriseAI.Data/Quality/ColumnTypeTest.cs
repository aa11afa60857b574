using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Quality;

/// <summary>Which values of a column are not of its declared type, as a SQL predicate over values that are present.</summary>
internal static class ColumnTypeTest
{
    /// <returns>Null when the column's type guarantees that every value fits.</returns>
    public static string? Mismatch(SourceColumn column, ColumnType declared, DataFormat format)
    {
        if (Fits(column.Type, declared)) return null;
        // Text formats carry no types: what counts is whether the text reads as the declared one. Parquet says what it holds.
        if (format == DataFormat.Parquet) return "true";
        if (declared == ColumnType.String) return column.Type is ColumnType.List or ColumnType.Struct ? "true" : null;
        if (column.Type is ColumnType.List or ColumnType.Struct || declared is ColumnType.List or ColumnType.Struct or ColumnType.Other) return "true";
        var text = $"CAST({column.Sql} AS VARCHAR)";
        return declared switch
        {
            ColumnType.Integer when column.Type is ColumnType.Boolean => "true",
            ColumnType.Integer => $"coalesce({Number(column)} <> trunc({Number(column)}) OR NOT isfinite({Number(column)}), true)",
            ColumnType.Double or ColumnType.Decimal when column.Type is ColumnType.Boolean => "true",
            ColumnType.Double or ColumnType.Decimal => $"{Number(column)} IS NULL",
            ColumnType.Boolean => $"TRY_CAST({text} AS BOOLEAN) IS NULL",
            ColumnType.Date when column.Type is ColumnType.Timestamp => $"CAST(CAST({column.Sql} AS DATE) AS TIMESTAMP) <> CAST({column.Sql} AS TIMESTAMP)",
            ColumnType.Date => $"TRY_CAST({text} AS DATE) IS NULL",
            ColumnType.Time => $"TRY_CAST({text} AS TIME) IS NULL",
            ColumnType.Timestamp => $"TRY_CAST({text} AS TIMESTAMP) IS NULL",
            _ => "true",
        };
    }

    /// <summary>The value as a double, NULL where it is none.</summary>
    public static string Number(SourceColumn column) => column.IsNumeric
        ? $"CAST({column.Sql} AS DOUBLE)"
        : $"TRY_CAST(CAST({column.Sql} AS VARCHAR) AS DOUBLE)";

    private static bool Fits(ColumnType actual, ColumnType declared) => actual == declared || (actual, declared) is
        (ColumnType.Integer, ColumnType.Double or ColumnType.Decimal) or (ColumnType.Decimal, ColumnType.Double) or (ColumnType.Date, ColumnType.Timestamp);
}
