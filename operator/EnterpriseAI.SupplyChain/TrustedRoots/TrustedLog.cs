namespace EnterpriseAI.SupplyChain;

/// <summary>A transparency log, or a certificate transparency log, that a trusted root vouches for.</summary>
/// <param name="BaseUrl">The log's address, which is also its name in checkpoints.</param>
/// <param name="LogId">Names the key in entries and promises.</param>
/// <param name="CheckpointKeyId">Names the key in checkpoints.</param>
/// <param name="Key">The key.</param>
/// <param name="Validity">When the root vouches for it.</param>
internal sealed record TrustedLog(string BaseUrl, ReadOnlyMemory<byte> LogId, ReadOnlyMemory<byte> CheckpointKeyId, VerificationKey Key, ValidityPeriod Validity)
{
    /// <summary>The name that the log has in its checkpoints: its address without the scheme.</summary>
    public string Name
    {
        get
        {
            var start = BaseUrl.IndexOf("://", StringComparison.Ordinal);
            return (start < 0 ? BaseUrl : BaseUrl[(start + 3)..]).TrimEnd('/');
        }
    }
}
