using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Approvals that are needed and given.</summary>
public sealed record ModelApprovals
{
    /// <summary>Number of approvals by different persons, none of them the creator.</summary>
    [Default(1), Minimum(0), Maximum(10)]
    public int Required { get; set; } = 1;

    /// <summary>Approvals that were given. The admission webhook writes who and when; nobody can approve in another's name.</summary>
    [MaxItems(50)]
    public IReadOnlyList<Approval> Granted { get; init => field = value ?? []; } = [];
}

/// <summary>One approval.</summary>
public sealed record Approval
{
    /// <summary>User who approved, as known to the API server. Written by the admission webhook.</summary>
    [MaxLength(1024)]
    public string? By { get; init; }

    /// <summary>When. Written by the admission webhook.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>What the approver has to say.</summary>
    [MaxLength(4096)]
    public string? Comment { get; init; }
}
