using System.Text.Json;

namespace EnterpriseAI.Audit;

/// <summary>One fact in the audit log: who did what to which resource, and when.</summary>
/// <remarks>
/// Caveats: an entry can never be removed or changed. Secrets, payloads and personal data beyond the actor's name do not
/// belong in it; put a digest there instead.
/// </remarks>
public sealed record AuditEvent
{
    /// <summary>
    /// 64 lower-case hexadecimal digits that are the same whenever the same transition is reported again
    /// (<see cref="AuditEventId"/>). The log records one id once.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>When it happened; written in UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>Who caused it: a user's name or <c>system:serviceaccount:NAMESPACE:NAME</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>What happened, CamelCase, in the past: <c>ModelVersionApproved</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it happened to.</summary>
    public required AuditResource Resource { get; init; }

    /// <summary>Further facts; empty by default.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();

    /// <summary>The bytes the log stores and hashes: JSON in the canonical form of RFC 8785.</summary>
    public byte[] ToCanonicalJson()
    {
        using var document = JsonSerializer.SerializeToDocument(this, AuditJson.Default.AuditEvent);
        return CanonicalJson.Write(document.RootElement);
    }
}
