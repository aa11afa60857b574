using EnterpriseAI.Audit.Checkpoints;

namespace EnterpriseAI.Audit.Verification;

/// <summary>What verifying a copy of a log came to.</summary>
/// <param name="Checkpoint">What the trusted key signed; null when the checkpoint is broken.</param>
/// <param name="Entries">How many entries were looked at.</param>
/// <param name="Faults">All that is wrong; empty for a good copy.</param>
/// <param name="UncoveredFiles">
/// Files under <c>tile/</c> that the checkpoint does not speak of. A crash of the log leaves such; they prove nothing and were not looked at.
/// </param>
public sealed record AuditVerification(
    Checkpoint? Checkpoint, long Entries, IReadOnlyList<AuditFault> Faults, IReadOnlyList<string> UncoveredFiles)
{
    /// <summary>Whether every entry, every tile and the checkpoint are what the log signed.</summary>
    public bool IsValid => Faults.Count == 0 && Checkpoint is not null;
}
