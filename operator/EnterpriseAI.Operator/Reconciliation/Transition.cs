using EnterpriseAI.Audit;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.Reconciliation;

/// <summary>
/// One change of state that an auditor and an SRE want to know of. It becomes one entry of the audit log and one
/// Kubernetes event.
/// </summary>
/// <param name="Action">What happened, CamelCase, in the past: <c>ModelVersionApproved</c>. Also the event's reason.</param>
/// <param name="Occurrence">
/// What distinguishes this occurrence from another of the same action on the same resource: a digest, a generation,
/// a revision and a step. Never a time or a count that a second attempt would see differently: the entry's id is made
/// of it, and the audit log records one id once.
/// </param>
/// <param name="Message">For people: what happened and, when it is a failure, what to do.</param>
public sealed record Transition(string Action, string Occurrence, string Message)
{
    /// <summary>A warning, in the sense of Kubernetes events: somebody may have to act.</summary>
    public bool IsWarning { get; init; }

    /// <summary>Who caused it when that was a person; the operator itself by default.</summary>
    public string? Actor { get; init; }

    /// <summary>Facts for the audit entry: digests, counts, names. No secrets, no payloads.</summary>
    public IReadOnlyDictionary<string, string> Details { get; init; } = new Dictionary<string, string>();

    /// <summary>The audit entry of this transition. Its id depends only on the resource, the action and the occurrence.</summary>
    public AuditEvent ToAuditEvent(IKubernetesObject resource, string operatorIdentity, DateTimeOffset now) => new()
    {
        Id = AuditEventId.From(resource.Metadata.Uid ?? "", Action, Occurrence),
        Time = now,
        Actor = Actor ?? operatorIdentity,
        Action = Action,
        Resource = new AuditResource
        {
            ApiVersion = resource.ApiVersion,
            Kind = resource.Kind,
            Namespace = resource.Metadata.Namespace,
            Name = resource.Metadata.Name ?? "",
            Uid = resource.Metadata.Uid ?? "",
            Generation = resource.Metadata.Generation ?? 0,
        },
        Details = new SortedDictionary<string, string>(Details.ToDictionary(), StringComparer.Ordinal) { ["message"] = Message },
    };
}
