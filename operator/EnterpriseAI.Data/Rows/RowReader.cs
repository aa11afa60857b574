using EnterpriseAI.Data.DuckDb;
using EnterpriseAI.Data.Sources;

namespace EnterpriseAI.Data;

/// <summary>One column of a source, held in memory.</summary>
public abstract record DataColumn(string Name);

/// <summary>Numbers; a missing one is NaN.</summary>
public sealed record NumericDataColumn(string Name, double[] Values) : DataColumn(Name);

/// <summary>Anything else, as text; a missing value is null.</summary>
public sealed record TextDataColumn(string Name, string?[] Values) : DataColumn(Name);

/// <summary>Reads the rows of a small source into memory.</summary>
/// <remarks>Guarantees: the same bytes give the same rows in the same order. Not for data that does not fit in memory.</remarks>
public static class RowReader
{
    /// <param name="path">One file.</param>
    /// <param name="format">By the file's suffix when null.</param>
    /// <param name="maxRows">A source with more rows is refused.</param>
    /// <param name="cancellationToken">Interrupts the reading.</param>
    /// <exception cref="DataSourceException">The file is missing, not of its format, empty, or has too many rows.</exception>
    public static Task<IReadOnlyList<DataColumn>> ReadAsync(string path, DataFormat? format, long maxRows, CancellationToken cancellationToken) =>
        // DuckDB blocks its thread while it reads.
        Task.Run(() => Read(path, format, maxRows, cancellationToken), cancellationToken);

    private static IReadOnlyList<DataColumn> Read(string path, DataFormat? format, long maxRows, CancellationToken cancellationToken)
    {
        var request = new ProfileRequest { Paths = [path], Format = format };
        var (files, known) = SourceFiles.Resolve(request, null, cancellationToken);

        // One thread: several would hand out the rows in an order that depends on timing.
        using var table = SourceTable.Open(files, known, new ProfileOptions { Threads = 1 }, cancellationToken);
        if (table.Rows > maxRows)
            throw new DataSourceException(DataSourceReasons.InvalidSpec, $"{path} has {table.Rows} rows, allowed here are {maxRows}; take a sample");
        try
        {
            return [.. table.Columns.Select(column => ReadColumn(table, column, cancellationToken))];
        }
        catch (DuckDbException e)
        {
            throw SourceTable.Explain(e, path);
        }
    }

    private static DataColumn ReadColumn(SourceTable table, SourceColumn column, CancellationToken cancellationToken)
    {
        var type = column.IsNumeric ? "DOUBLE" : "VARCHAR";
        var rows = table.Connection.Query($"SELECT CAST({column.Sql} AS {type}) FROM {SourceTable.Name}", cancellationToken).Rows;
        return column.IsNumeric
            ? new NumericDataColumn(column.Name, [.. rows.Select(row => row[0] as double? ?? double.NaN)])
            : new TextDataColumn(column.Name, [.. rows.Select(row => row[0] as string)]);
    }
}
