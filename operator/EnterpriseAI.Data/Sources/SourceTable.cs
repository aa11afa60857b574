using System.Text.RegularExpressions;
using EnterpriseAI.Data.DuckDb;

namespace EnterpriseAI.Data.Sources;

/// <summary>
/// The data as the table <c>source</c> of a locked-down DuckDB. Text is read once into the database; Parquet stays
/// where it is, since reading single columns of it is cheap.
/// </summary>
internal sealed partial class SourceTable : IDisposable
{
    public const string Name = "source";
    private const int MaxNameLength = 256;
    private const int MaxMessage = 400;
    private const string NoDialect = "not possible to automatically detect the CSV parsing dialect";
    private readonly DirectoryInfo _temporary;

    private SourceTable(DuckDbConnection connection, DirectoryInfo temporary, DataFormat format) =>
        (Connection, _temporary, Format) = (connection, temporary, format);

    public DuckDbConnection Connection { get; }

    public DataFormat Format { get; }

    public IReadOnlyList<SourceColumn> Columns { get; private set; } = [];

    public long Rows { get; private set; }

    public static SourceTable Open(
        IReadOnlyList<string> files, DataFormat format, ProfileOptions options, CancellationToken cancellationToken)
    {
        foreach (var file in files) FormatProbe.Check(file, format);
        var temporary = Directory.CreateDirectory(Path.Combine(options.TemporaryFolder, $"profile-{Guid.NewGuid():N}"));
        DuckDbConnection? connection = null;
        try
        {
            connection = DuckDbConnection.Open(options.MemoryLimit, options.Threads, temporary.FullName, options.TemporaryLimit);
            var table = new SourceTable(connection, temporary, format);
            table.Load(files, cancellationToken);
            connection = null;
            return table;
        }
        finally
        {
            if (connection is not null)
            {
                connection.Dispose();
                temporary.Delete(recursive: true);
            }
        }
    }

    public void Dispose()
    {
        Connection.Dispose();
        _temporary.Delete(recursive: true);
    }

    /// <summary>A failure of DuckDB as the owner of the data should read it.</summary>
    public static DataSourceException Explain(DuckDbException e, string what)
    {
        if (e.IsOutOfMemory)
            return new DataSourceException(
                DataSourceReasons.OutOfMemory, $"{what} needs more memory or temporary disk; raise the limits of the profile: {e.FirstLine}", isTransient: true, e);
        var message = WithoutData(e.Message);
        var reason = message.Contains("schema mismatch", StringComparison.OrdinalIgnoreCase)
            || message.Contains("failed to cast column", StringComparison.Ordinal)
            ? DataSourceReasons.SchemaMismatch
            : e.IsInputOutput ? DataSourceReasons.ReadFailed : DataSourceReasons.UnreadableFormat;
        return new DataSourceException(reason, $"{what} cannot be read: {message}", reason == DataSourceReasons.ReadFailed, e);
    }

    private void LoadCsv(string list, CancellationToken cancellationToken)
    {
        // The whole file is looked at for types: a value that does not fit must show as such, not stop the reader.
        var sql = $"CREATE TABLE {Name} AS SELECT * FROM read_csv({list}, sample_size = -1)";
        try
        {
            Connection.Query(sql, cancellationToken);
        }
        catch (DuckDbException e) when (e.Message.Contains(NoDialect, StringComparison.Ordinal))
        {
            // Lines that end now one way, now another are common and harmless, and strictness refuses them.
            Connection.Query(sql.Replace("sample_size = -1", "sample_size = -1, strict_mode = false", StringComparison.Ordinal), cancellationToken);
        }
    }

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64] + "…";

    // DuckDB quotes the line and the value it stumbled over, which may be what must not be shown.
    internal static string WithoutData(string message)
    {
        if (message.Contains(NoDialect, StringComparison.Ordinal))
            return "no delimiter gives every row the same number of fields; look for rows that are too long or too short";
        var lines = Advice.Replace(message, "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var quoting = Array.FindIndex(lines, l => l.StartsWith("Original Line:", StringComparison.Ordinal));
        var kept = quoting < 0 ? lines : [.. lines[..quoting], .. lines[Math.Max(quoting + 1, lines.Length - 1)..]];
        var text = QuotedValue.Replace(string.Join(' ', kept), "'…'");
        return text.Length <= MaxMessage ? text : text[..MaxMessage] + "…";
    }

    private void Load(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var list = Sql.List(files);
        var what = files.Count == 1 ? files[0] : $"{files[0]} and {files.Count - 1} more files";
        try
        {
            switch (Format)
            {
                case DataFormat.Parquet:
                    Connection.LockDown(files, cancellationToken);
                    Connection.Query($"CREATE VIEW {Name} AS SELECT * FROM read_parquet({list})", cancellationToken);
                    break;
                case DataFormat.Csv:
                    LoadCsv(list, cancellationToken);
                    Connection.LockDown([], cancellationToken);
                    break;
                default:
                    Connection.Query($"CREATE TABLE {Name} AS SELECT * FROM read_json({list}, sample_size = -1)", cancellationToken);
                    Connection.LockDown([], cancellationToken);
                    break;
            }

            Columns = [.. Connection.Query($"DESCRIBE {Name}", cancellationToken).Rows.Select(r => new SourceColumn((string)r[0]!, (string)r[1]!))];
            Rows = Connection.Query($"SELECT count(*) FROM {Name}", cancellationToken).Count(0);
        }
        catch (DuckDbException e)
        {
            throw Explain(e, $"{what} as {Format}");
        }

        if (Rows == 0) throw new DataSourceException(DataSourceReasons.EmptySource, $"{what} has columns but no row; write the data, then profile it");
        if (Format == DataFormat.Csv && Columns is [{ Name: var only }] && only.AsSpan().IndexOfAny(",;\t|") >= 0)
            throw new DataSourceException(
                DataSourceReasons.UnreadableFormat,
                $"{what} as {Format} has rows of different length, so it reads as the single column '{Shorten(only)}'; give every row as many fields as the header");
        if (Columns.FirstOrDefault(c => c.Name.Length > MaxNameLength) is { } column)
            throw new DataSourceException(
                DataSourceReasons.UnreadableFormat,
                $"{what} as {Format} has a column name of {column.Name.Length} characters (at most {MaxNameLength}); is this the right format?");
    }

    [GeneratedRegex(@"\s*(?:Possible (?:fixes|[Ss]olutions?)|Potential Fixes|If you are trying to|This can happen when|LINE \d+:).*", RegexOptions.Singleline)]
    private static partial Regex Advice { get; }

    [GeneratedRegex(@"(?<=(?:string|value) )'.*'")]
    private static partial Regex QuotedValue { get; }
}

/// <summary>A column as DuckDB describes it.</summary>
internal sealed record SourceColumn(string Name, string SqlType)
{
    public string Sql { get; } = DuckDb.Sql.Identifier(Name);

    public ColumnType Type { get; } = TypeOf(SqlType);

    public bool IsNumeric => Type is ColumnType.Integer or ColumnType.Double or ColumnType.Decimal;

    public bool IsTemporal => Type is ColumnType.Date or ColumnType.Timestamp;

    private static ColumnType TypeOf(string type) => type switch
    {
        _ when type.EndsWith(']') => ColumnType.List,
        _ when type.StartsWith("STRUCT", StringComparison.Ordinal) || type.StartsWith("MAP", StringComparison.Ordinal) => ColumnType.Struct,
        _ when type.StartsWith("DECIMAL", StringComparison.Ordinal) => ColumnType.Decimal,
        _ when type.StartsWith("ENUM", StringComparison.Ordinal) => ColumnType.String,
        _ when type.StartsWith("TIMESTAMP", StringComparison.Ordinal) => ColumnType.Timestamp,
        "BOOLEAN" => ColumnType.Boolean,
        "TINYINT" or "SMALLINT" or "INTEGER" or "BIGINT" or "HUGEINT" => ColumnType.Integer,
        "UTINYINT" or "USMALLINT" or "UINTEGER" or "UBIGINT" or "UHUGEINT" => ColumnType.Integer,
        "FLOAT" or "DOUBLE" => ColumnType.Double,
        // Where a JSON document has nulls only, or values of several kinds, the column has the type JSON.
        "VARCHAR" or "UUID" or "JSON" => ColumnType.String,
        "DATE" => ColumnType.Date,
        "TIME" or "TIME WITH TIME ZONE" => ColumnType.Time,
        "BLOB" or "BIT" => ColumnType.Binary,
        _ => ColumnType.Other,
    };
}
