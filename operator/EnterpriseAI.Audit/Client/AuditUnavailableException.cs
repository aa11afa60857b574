namespace EnterpriseAI.Audit;

/// <summary>
/// The audit log did not answer, or not as it should: it is away, refuses the token, or cannot write. What was to be recorded may or
/// may not have been; the same id can be sent again.
/// </summary>
public sealed class AuditUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
