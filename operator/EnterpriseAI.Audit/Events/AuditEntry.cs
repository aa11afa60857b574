namespace EnterpriseAI.Audit;

/// <summary>An event with its place in the log.</summary>
/// <param name="Index">Its position, from 0. The order of the log is the order of these.</param>
/// <param name="Event">What was recorded.</param>
public sealed record AuditEntry(long Index, AuditEvent Event);
