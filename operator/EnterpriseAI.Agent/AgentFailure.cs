namespace EnterpriseAI.Agent;

/// <summary>A failure of the agent that the user can act on.</summary>
/// <remarks>
/// Guarantees: the message is one line that names the file, argument or peer and says what to do.
/// </remarks>
public sealed class AgentFailure : Exception
{
    /// <summary>Exit code of a failure that comes back on every attempt: bad input, bad arguments.</summary>
    public const int Permanent = 1;

    /// <summary>Exit code of a failure that another attempt may not meet: I/O, network, a lost peer.</summary>
    public const int Retryable = 2;

    private AgentFailure(string reason, string message, int exitCode, Exception? cause)
        : base(SingleLine(message), cause)
    {
        Reason = reason;
        ExitCode = exitCode;
    }

    /// <summary>A CamelCase word for machines, as in the reason of a Kubernetes condition.</summary>
    public string Reason { get; }

    /// <summary><see cref="Permanent"/> or <see cref="Retryable"/>.</summary>
    public int ExitCode { get; }

    /// <summary>A failure that another attempt with the same input will meet again.</summary>
    public static AgentFailure BadInput(string reason, string message, Exception? cause = null)
        => new(reason, message, Permanent, cause);

    /// <summary>A failure worth another attempt.</summary>
    public static AgentFailure WorthRetrying(string reason, string message, Exception? cause = null)
        => new(reason, message, Retryable, cause);

    private static string SingleLine(string message)
        => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
