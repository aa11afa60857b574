using System.Globalization;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>
/// Writes names and values into SQL text. Column names and file paths come from the data and its owner, so they
/// reach a statement through here only. DuckDB's strings know no backslash escapes: doubling the quote is enough.
/// </summary>
internal static class Sql
{
    public static string Identifier(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Literal(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Literal(double value) => double.IsFinite(value)
        ? string.Create(CultureInfo.InvariantCulture, $"CAST('{value:R}' AS DOUBLE)")
        : throw new ArgumentOutOfRangeException(nameof(value), value, "only finite numbers are written into SQL");

    public static string List(IEnumerable<string> values) => $"[{string.Join(", ", values.Select(Literal))}]";
}
