using EnterpriseAI.Audit;

namespace EnterpriseAI.Operator.Tests.Reconciliation;

/// <summary>An audit log in memory that can be away, and tells whoever keeps a diary of the order of things.</summary>
internal sealed class RecordingAuditLog(List<string> diary) : IAuditLog
{
    public bool IsAway { get; set; }

    public List<AuditEvent> Entries { get; } = [];

    public Task<AppendResult> AppendAsync(AuditEvent auditEvent, CancellationToken cancellationToken)
    {
        if (IsAway)
            throw new AuditUnavailableException("connection refused");
        var duplicate = Entries.Any(e => e.Id == auditEvent.Id);
        if (!duplicate)
            Entries.Add(auditEvent);
        diary.Add($"audit {auditEvent.Action}");
        return Task.FromResult(new AppendResult(Entries.Count - 1, duplicate));
    }
}
