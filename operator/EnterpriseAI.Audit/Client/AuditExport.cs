using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit;

/// <summary>Makes an offline copy of a whole log: the files that C2SP tlog-tiles serves, under the same names.</summary>
public static class AuditExport
{
    /// <summary>Downloads the log as its present checkpoint describes it.</summary>
    /// <param name="client">The log.</param>
    /// <param name="folder">Where to; made when it is not there, and empty otherwise.</param>
    /// <param name="cancellationToken">Ends the download and leaves an incomplete folder, without a checkpoint.</param>
    /// <returns>What the checkpoint says.</returns>
    /// <remarks>Caveats: nothing is verified here; that is <see cref="Verification.AuditVerifier"/>'s work, on the copy.</remarks>
    /// <exception cref="IOException">The folder is not empty or cannot be written.</exception>
    /// <exception cref="AuditUnavailableException">The log is away, or lacks a file that its checkpoint speaks of.</exception>
    public static async Task<Checkpoint> DownloadAsync(AuditLogClient client, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        if (Directory.EnumerateFileSystemEntries(folder).Any()) throw new IOException($"the folder '{folder}' is not empty; name an empty or a new one");
        var note = await client.GetCheckpointAsync(cancellationToken).ConfigureAwait(false);
        Checkpoint checkpoint;
        try
        {
            checkpoint = Checkpoint.ReadUnverified(note);
        }
        catch (FormatException e)
        {
            throw new AuditUnavailableException($"what the log serves as its checkpoint is none: {e.Message}", e);
        }
        foreach (var tile in TileCoordinate.ForSize(checkpoint.Size))
        {
            var content = await client.GetTileAsync(tile, cancellationToken).ConfigureAwait(false);
            var path = Path.Combine(folder, tile.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllBytesAsync(path, content, cancellationToken).ConfigureAwait(false);
        }
        // Last, so that a folder with a checkpoint is a whole copy.
        await File.WriteAllBytesAsync(Path.Combine(folder, Checkpoint.FileName), note, cancellationToken).ConfigureAwait(false);
        return checkpoint;
    }
}
