using EnterpriseAI.Data;

namespace EnterpriseAI.Agent.Training;

/// <summary>Reads the rows to train on: CSV, JSON or Parquet, by the file's suffix.</summary>
/// <remarks>Guarantees: the same file gives the same table, so that every worker sees the same rows.</remarks>
internal static class TableReader
{
    /// <summary>What may be read, for help and errors.</summary>
    public const string Formats = "a CSV file with a header, a JSON array of objects or a Parquet file";

    /// <summary>All rows are held in memory.</summary>
    public const long MaxRows = 10_000_000;

    /// <exception cref="AgentFailure">The file is missing.</exception>
    /// <exception cref="DataSourceException">The file is not what its suffix says, or has too many rows.</exception>
    public static async Task<TrainingTable> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw AgentFailure.BadInput("DataNotFound", $"--data: {path} does not exist; give {Formats}");
        }

        var columns = await RowReader.ReadAsync(path, null, MaxRows, cancellationToken);
        var rows = columns[0] is NumericDataColumn numbers ? numbers.Values.Length : ((TextDataColumn)columns[0]).Values.Length;
        return new TrainingTable(path, [.. columns.Select(Column)], rows);
    }

    private static TableColumn Column(DataColumn column) => column switch
    {
        NumericDataColumn numbers => new NumericColumn(numbers.Name, numbers.Values),
        TextDataColumn words => new TextColumn(words.Name, words.Values),
        _ => throw new InvalidOperationException($"column {column.Name} is of an unknown kind"),
    };
}
