namespace EnterpriseAI.Audit.Storage;

/// <summary>Another process writes this log.</summary>
public sealed class LogInUseException(string message, Exception inner) : IOException(message, inner);

/// <summary>What is on disk is not what the log wrote. It is not repaired silently: somebody must look at it.</summary>
public sealed class LogDamagedException(string file, string message) : Exception($"{file}: {message}")
{
    /// <summary>The file at fault, relative to the log's directory.</summary>
    public string File { get; } = file;
}
