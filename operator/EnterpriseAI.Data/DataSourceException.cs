namespace EnterpriseAI.Data;

/// <summary>A source that cannot be profiled as asked, with a reason for a condition and a message for its owner.</summary>
public sealed class DataSourceException : Exception
{
    /// <param name="reason">CamelCase; one of <see cref="DataSourceReasons"/>.</param>
    /// <param name="message">Names the file, column or field, and what to do.</param>
    /// <param name="isTransient">True when the same request may succeed later without any change.</param>
    /// <param name="innerException">What was caught, if anything.</param>
    public DataSourceException(string reason, string message, bool isTransient = false, Exception? innerException = null)
        : base(message, innerException) => (Reason, IsTransient) = (reason, isTransient);

    /// <summary>CamelCase, fit for a condition's reason; one of <see cref="DataSourceReasons"/>.</summary>
    public string Reason { get; }

    /// <summary>True for I/O and resources: worth retrying. False for bad input: only a change helps.</summary>
    public bool IsTransient { get; }
}

/// <summary>The reasons of <see cref="DataSourceException"/>.</summary>
public static class DataSourceReasons
{
    /// <summary>No file, folder or match of the pattern is there.</summary>
    public const string SourceNotFound = "SourceNotFound";

    /// <summary>The bytes are not what the format says.</summary>
    public const string UnreadableFormat = "UnreadableFormat";

    /// <summary>There is nothing to profile: no byte, no column or no row.</summary>
    public const string EmptySource = "EmptySource";

    /// <summary>The files of one source have columns that do not fit together.</summary>
    public const string SchemaMismatch = "SchemaMismatch";

    /// <summary>The request itself is wrong: a field is missing, has a wrong type or an impossible value.</summary>
    public const string InvalidSpec = "InvalidSpec";

    /// <summary>The files changed while they were read. Transient.</summary>
    public const string SourceChanged = "SourceChanged";

    /// <summary>The files could not be read although they are there. Transient.</summary>
    public const string ReadFailed = "ReadFailed";

    /// <summary>The profile needs more memory or temporary disk than it was given. Transient.</summary>
    public const string OutOfMemory = "OutOfMemory";
}
