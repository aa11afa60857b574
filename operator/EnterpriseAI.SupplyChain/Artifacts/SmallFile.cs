namespace EnterpriseAI.SupplyChain;

/// <summary>Reads files that say what to trust or what was signed: small, bounded, whole.</summary>
internal static class SmallFile
{
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.ArtifactNotFound"/>, <see cref="SupplyChainReason.ArtifactTooLarge"/> or <see cref="SupplyChainReason.ArtifactUnreadable"/>.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, long maxBytes, string what, CancellationToken cancellationToken)
    {
        try
        {
            return await ArtifactReader.ReadBoundedAsync(path, maxBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"the {what} '{path}' does not exist", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactUnreadable, $"the {what} '{path}' cannot be read: {e.Message}", e);
        }
    }
}
