using System.Text.Json;

namespace EnterpriseAI.Agent.Training;

/// <summary>Reads the rows to train on: a JSON array of objects, one per row.</summary>
/// <remarks>Guarantees: rows and columns are in the order of the file, so that every worker sees the same table.</remarks>
internal static class TableReader
{
    /// <summary>What may be read, for help and errors.</summary>
    public const string Formats = "a .json file with an array of objects";

    /// <summary>All rows are held in memory.</summary>
    public const long MaxBytes = 1L << 30;

    /// <exception cref="AgentFailure">The file is missing, too large, or no JSON array of objects.</exception>
    public static async Task<TrainingTable> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            throw AgentFailure.BadInput("DataNotFound", $"--data: {path} does not exist; give {Formats}");
        }

        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            throw AgentFailure.BadInput("UnsupportedFormat", $"--data: {path} is not allowed, allowed is {Formats}");
        }

        try
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
            if (file.Length > MaxBytes)
            {
                throw AgentFailure.BadInput("DataTooLarge", $"--data: {path} has {file.Length} bytes, allowed are {MaxBytes}");
            }

            using var document = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
            return Read(path, document.RootElement);
        }
        catch (JsonException exception)
        {
            throw AgentFailure.BadInput("UnreadableFormat", $"--data: {path} is no JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.WorthRetrying("DataUnreadable", $"--data: {path} cannot be read: {exception.Message}", exception);
        }
    }

    private static TrainingTable Read(string path, JsonElement root)
    {
        var rows = root.ValueKind == JsonValueKind.Array ? root.EnumerateArray().ToArray() : [];
        if (rows.Length == 0 || Array.Exists(rows, row => row.ValueKind != JsonValueKind.Object))
        {
            throw AgentFailure.BadInput("UnreadableFormat", $"--data: {path} is no JSON array of objects with at least one row");
        }

        var columns = new OrderedDictionary<string, JsonElement[]>(StringComparer.Ordinal);
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var cell in rows[row].EnumerateObject())
            {
                if (!columns.TryGetValue(cell.Name, out var cells))
                {
                    columns.Add(cell.Name, cells = new JsonElement[rows.Length]);
                }

                cells[row] = cell.Value;
            }
        }

        return new TrainingTable(path, [.. columns.Select(column => Column(column.Key, column.Value))], rows.Length);
    }

    private static TableColumn Column(string name, JsonElement[] cells)
        => Array.TrueForAll(cells, cell => cell.ValueKind == JsonValueKind.Number || IsMissing(cell))
            ? new NumericColumn(name, [.. cells.Select(cell => IsMissing(cell) ? double.NaN : cell.GetDouble())])
            : new TextColumn(name, [.. cells.Select(cell => IsMissing(cell) ? null : cell.ToString())]);

    private static bool IsMissing(JsonElement cell) => cell.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;
}
