namespace EnterpriseAI.Data.DuckDb;

/// <summary>DuckDB refused a statement; the message is its own, whole.</summary>
internal sealed class DuckDbException(string message, bool whilePreparing) : Exception(message)
{
    /// <summary>True when the statement was refused before it read any data, so the message quotes no data.</summary>
    public bool WhilePreparing { get; } = whilePreparing;

    /// <summary>The first line, without DuckDB's picture of the statement, which is generated text the user never wrote.</summary>
    public string FirstLine
    {
        get
        {
            var end = Message.AsSpan().IndexOfAny('\r', '\n');
            return end < 0 ? Message : Message[..end];
        }
    }

    public bool IsOutOfMemory => Message.StartsWith("Out of Memory", StringComparison.OrdinalIgnoreCase);

    public bool IsInputOutput => Message.StartsWith("IO Error", StringComparison.Ordinal)
        && !Message.Contains("No files found", StringComparison.Ordinal);
}
