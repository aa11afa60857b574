namespace EnterpriseAI.Data;

/// <summary>How much a profile may use.</summary>
public sealed record ProfileOptions
{
    /// <summary>Bytes of memory for DuckDB; default half of what the process may use, at most 4 GiB, at least 64 MiB.</summary>
    public long MemoryLimit { get; init; } =
        Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2, 64L << 20, 4L << 30);

    /// <summary>Default: the processors of the process, at most 8.</summary>
    public int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 8);

    /// <summary>A folder of its own is made in here for what does not fit in memory, and deleted afterwards.</summary>
    public string TemporaryFolder { get; init; } = Path.GetTempPath();

    /// <summary>Bytes that may spill to disk; default 8 GiB.</summary>
    public long TemporaryLimit { get; init; } = 8L << 30;

    /// <summary>Columns that are profiled; default 500.</summary>
    public int MaxColumns { get; init; } = 500;

    /// <summary>Distinct values per column that are looked at for sensitive content; default 2000.</summary>
    public int ClassificationSample { get; init; } = 2000;

    /// <summary>
    /// When set, every file must really lie in this folder once symbolic links are followed; so that a volume cannot
    /// point at files of the pod that reads it.
    /// </summary>
    public string? Root { get; init; }
}
