using EnterpriseAI.Audit.Checkpoints;

namespace EnterpriseAI.Audit.Storage;

/// <summary>What a reader may see: a state together with the checkpoint that is durable for it.</summary>
/// <param name="State">The right edge.</param>
/// <param name="Checkpoint">Its size and root.</param>
/// <param name="Note">The signed checkpoint, as served.</param>
internal sealed record CommittedLog(LogState State, Checkpoint Checkpoint, byte[] Note)
{
    public long Size => State.Size;
}
