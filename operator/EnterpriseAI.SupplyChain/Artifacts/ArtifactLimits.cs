namespace EnterpriseAI.SupplyChain;

/// <summary>Bounds on what is read from a volume before it is verified.</summary>
public sealed record ArtifactLimits
{
    public static ArtifactLimits Default { get; } = new();

    /// <summary>Largest single file, in bytes. Default 64 GiB. What is read into memory is bounded by 2,147,483,591, the largest array, besides.</summary>
    public long MaxFileBytes { get; init; } = 64L << 30;

    /// <summary>Largest sum of all files, in bytes. Default 64 GiB.</summary>
    public long MaxTotalBytes { get; init; } = 64L << 30;

    /// <summary>Largest number of files. Default 10,000.</summary>
    public int MaxFiles { get; init; } = 10_000;

    /// <summary>Largest signature file, in bytes. Default 16 MiB.</summary>
    public long MaxSignatureBytes { get; init; } = 16L << 20;
}
