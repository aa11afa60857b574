using EnterpriseAI.Audit.Checkpoints;

namespace EnterpriseAI.Audit.Verification;

/// <summary>Verifies a copy of a log without the log: everything is computed anew from the entries.</summary>
public static class AuditVerifier
{
    /// <summary>Checks the checkpoint's signature, every entry, every tile, and that no id occurs twice.</summary>
    /// <param name="folder">A copy made by <see cref="AuditExport"/>, or of the log's directory itself.</param>
    /// <param name="trustedKey">The log's key, from a place that nobody could write to who could write to the log or to the copy.</param>
    /// <param name="olderCheckpoint">
    /// A signed checkpoint kept from earlier, from such a place too. It shows whether history was rewritten, or newer entries were cut
    /// off, by someone who has the log's key; without it nobody can tell.
    /// </param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="FormatException">The older checkpoint is not one that the trusted key signed.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static AuditVerification VerifyDirectory(string folder, LogVerifierKey trustedKey, byte[]? olderCheckpoint = null)
    {
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException($"there is no folder '{folder}'");
        return new CopyVerification(new LogCopy(folder), trustedKey).Run(OpenOlder(trustedKey, olderCheckpoint));
    }

    private static Checkpoint? OpenOlder(LogVerifierKey key, byte[]? note)
    {
        try
        {
            return note is null ? null : Checkpoint.Open(note, key);
        }
        catch (FormatException e)
        {
            throw new FormatException($"the older checkpoint cannot be used: {e.Message}", e);
        }
    }
}
