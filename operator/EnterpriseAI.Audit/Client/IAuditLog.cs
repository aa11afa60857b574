namespace EnterpriseAI.Audit;

/// <summary>Where transitions are recorded. An interface because the log is another process.</summary>
public interface IAuditLog
{
    /// <summary>Records an event, once for each id.</summary>
    /// <param name="auditEvent">The event.</param>
    /// <param name="cancellationToken">Ends the waiting; the event may be recorded all the same, and asking again is safe.</param>
    /// <returns>Its index, once it is durable.</returns>
    /// <exception cref="AuditUnavailableException">It is not known to be durable. Ask again later, with the same id.</exception>
    /// <exception cref="InvalidAuditEventException">The log refuses this event; asking again cannot help.</exception>
    Task<AppendResult> AppendAsync(AuditEvent auditEvent, CancellationToken cancellationToken);
}
