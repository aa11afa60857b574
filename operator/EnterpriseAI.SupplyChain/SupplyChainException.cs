namespace EnterpriseAI.SupplyChain;

/// <summary>An artifact, key or signature was refused. The message names the file and says what to do.</summary>
public class SupplyChainException(SupplyChainReason reason, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>The machine-readable reason.</summary>
    public SupplyChainReason Reason { get; } = reason;
}
