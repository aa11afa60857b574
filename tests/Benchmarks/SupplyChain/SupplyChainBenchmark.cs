namespace EnterpriseAI.Benchmarks.SupplyChain;

/// <summary>What verification costs: a bundle, the bytes of a large artifact, and the start of a pod that finds them on its node.</summary>
internal static class SupplyChainBenchmark
{
    public static readonly string[] Parts = ["bundle", "hash", "start"];

    /// <param name="folder">Where large files may lie meanwhile.</param>
    /// <param name="only">One of <see cref="Parts"/>; all of them if null.</param>
    public static async Task<IReadOnlyList<Figure>> RunAsync(string folder, string? only = null) =>
    [
        .. only is null or "bundle" ? BundleBenchmark.Run() : [],
        .. only is null or "hash" ? await HashBenchmark.RunAsync(folder) : [],
        .. only is null or "start" ? await WarmStartBenchmark.RunAsync(folder) : [],
    ];
}
