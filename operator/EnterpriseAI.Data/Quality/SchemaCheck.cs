using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data.Quality;

/// <summary>Compares the columns with the declared schema and counts the values that violate it.</summary>
internal sealed class SchemaCheck(SourceTable source, CancellationToken cancellationToken)
{
    private const int MaxNames = 5;

    /// <returns>The violations, and per declared column the share of present values that are valid (null without any).</returns>
    public (IReadOnlyList<SchemaViolation> Violations, IReadOnlyDictionary<string, double?> Validity) Check(SchemaSpec spec)
    {
        var severity = spec.Policy == SchemaPolicy.Enforce ? ViolationSeverity.Error : ViolationSeverity.Warning;
        var violations = new List<SchemaViolation>();
        var validity = new Dictionary<string, double?>(StringComparer.Ordinal);
        foreach (var declared in spec.Columns)
        {
            if (string.IsNullOrEmpty(declared.Name)) throw Invalid("schema.columns[].name is empty; name the column");
            var column = source.Columns.FirstOrDefault(c => c.Name == declared.Name);
            if (column is null)
            {
                violations.Add(new(declared.Name, SchemaRule.MissingColumn, severity, 1, $"column '{declared.Name}' is missing{Similar(declared.Name)}"));
                if (!validity.TryAdd(declared.Name, 0)) throw Twice(declared.Name);
                continue;
            }

            var (found, share) = CheckColumn(declared, column, severity);
            violations.AddRange(found);
            if (!validity.TryAdd(declared.Name, share)) throw Twice(declared.Name);
        }

        var undeclared = source.Columns.Select(c => c.Name).Except(validity.Keys, StringComparer.Ordinal).ToList();
        if (spec.Columns.Count > 0 && undeclared.Count > 0)
        {
            var names = string.Join(", ", undeclared.Take(MaxNames)) + (undeclared.Count > MaxNames ? ", …" : "");
            violations.Add(new(null, SchemaRule.UndeclaredColumns, ViolationSeverity.Warning, undeclared.Count, $"not declared: {names}"));
        }

        return (violations, validity);
    }

    private (IReadOnlyList<SchemaViolation> Violations, double? Validity) CheckColumn(
        ColumnSpec declared, SourceColumn column, ViolationSeverity severity)
    {
        var c = column.Sql;
        var present = $"{c} IS NOT NULL";
        var rules = new List<(SchemaRule Rule, string Predicate, string Message)>();
        if (declared.Type is { } type && ColumnTypeTest.Mismatch(column, type, source.Format) is { } mismatch)
            rules.Add((SchemaRule.WrongType, $"{present} AND {mismatch}", $"values of '{declared.Name}' are not {type} (found {column.Type})"));
        if (declared.Minimum is { } minimum)
            rules.Add((SchemaRule.BelowMinimum, $"{ColumnTypeTest.Number(column)} < {Bound(minimum, declared, "minimum")}", $"values of '{declared.Name}' are below {minimum:R}"));
        // NaN is greater than every number in DuckDB, so it counts as above.
        if (declared.Maximum is { } maximum)
            rules.Add((SchemaRule.AboveMaximum, $"{ColumnTypeTest.Number(column)} > {Bound(maximum, declared, "maximum")}", $"values of '{declared.Name}' are above {maximum:R}"));
        if (declared.Pattern is { } pattern)
            rules.Add((SchemaRule.PatternMismatch, $"{present} AND NOT regexp_matches(CAST({c} AS VARCHAR), {Sql.Literal(pattern)})", $"values of '{declared.Name}' do not match {Shorten(pattern)}"));
        if (declared.AllowedValues is { Count: > 0 } allowed)
            rules.Add((SchemaRule.ValueNotAllowed, $"{present} AND CAST({c} AS VARCHAR) NOT IN ({string.Join(", ", allowed.Select(Sql.Literal))})", $"values of '{declared.Name}' are not among the allowed ones"));

        string[] counts =
        [
            $"count({c})",
            rules.Count == 0 ? "0::BIGINT" : Count(string.Join(" OR ", rules.Select(r => $"coalesce({r.Predicate}, false)"))),
            .. rules.Select(r => Count(r.Predicate)),
        ];
        DuckDbResult result;
        try
        {
            result = source.Connection.Query($"SELECT {string.Join(", ", counts)} FROM {SourceTable.Name}", cancellationToken);
        }
        catch (DuckDbException e) when (declared.Pattern is not null && !e.IsOutOfMemory)
        {
            throw Invalid($"schema.columns['{declared.Name}'].pattern is not a valid RE2 expression: {e.FirstLine}", e);
        }

        var violations = new List<SchemaViolation>();
        var missing = source.Rows - result.Count(0);
        if (!declared.Nullable && missing > 0)
            violations.Add(new(declared.Name, SchemaRule.NullNotAllowed, severity, missing, $"{missing} of {source.Rows} values of '{declared.Name}' are missing, none may"));
        for (var i = 0; i < rules.Count; i++)
        {
            var count = result.Count(i + 2);
            if (count > 0) violations.Add(new(declared.Name, rules[i].Rule, severity, count, $"{count} {rules[i].Message}"));
        }

        return (violations, result.Count(0) == 0 ? null : 1 - ((double)result.Count(1) / result.Count(0)));
    }

    private string Similar(string name) => source.Columns.FirstOrDefault(c => Letters(c.Name) == Letters(name)) is { } close
        ? $"; did you mean '{close.Name}'?"
        : "";

    private static string Letters(string name) => string.Concat(name.Where(char.IsLetterOrDigit)).ToLowerInvariant();

    private static string Count(string predicate) => $"count(*) FILTER (WHERE {predicate})";

    private static string Bound(double value, ColumnSpec declared, string field) => double.IsFinite(value)
        ? Sql.Literal(value)
        : throw Invalid($"schema.columns['{declared.Name}'].{field} must be a finite number");

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..79] + "…";

    private static DataSourceException Twice(string name) => Invalid($"schema.columns declares '{name}' twice; declare it once");

    private static DataSourceException Invalid(string message, Exception? inner = null) =>
        new(DataSourceReasons.InvalidSpec, message, innerException: inner);
}
