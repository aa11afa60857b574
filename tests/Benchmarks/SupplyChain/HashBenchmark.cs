using System.Diagnostics;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Benchmarks.SupplyChain;

/// <summary>
/// An artifact of 4 GiB hashed from the page cache by one core, against coreutils' sha256sum of the same file, in turns; and the same in
/// ranges by all cores. The file is sparse: its bytes are zeros, which SHA-256 takes as long for as for any others, and no disk is measured.
/// </summary>
internal static class HashBenchmark
{
    private const long Bytes = 4L << 30;
    private const long ShardBytes = 64L << 20;
    private const int Warmups = 1, Rounds = 5;

    public static async Task<IReadOnlyList<Figure>> RunAsync(string folder)
    {
        var file = Path.Combine(folder, "artifact.bin");
        Directory.CreateDirectory(folder);
        try
        {
            await using (var stream = File.Create(file))
                stream.SetLength(Bytes);
            var (whole, theirs, shards) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = -Warmups; round < Rounds; round++)
            {
                var ours = await TimeAsync(() => ArtifactReader.HashAsync(file));
                var sha256Sum = await TimeAsync(() => Sha256SumAsync(file));
                var parallel = await TimeAsync(() => ArtifactReader.ReadAsync(file, new ArtifactReading { HashFiles = false, Parts = new PartHashing(ContentHashKind.Sha256, ShardBytes) }, CancellationToken.None));
                if (round < 0)
                    continue;
                whole.Add(ours);
                theirs.Add(sha256Sum);
                shards.Add(parallel);
            }
            return
            [
                Figure.Of("hash_vs_sha256sum", whole, "MB/s", theirs),
                Figure.Of("sha256sum", theirs, "MB/s"),
                Figure.Of("hash_shards_vs_whole", shards, "MB/s", whole),
            ];
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Megabytes of the artifact per second.</summary>
    private static async Task<double> TimeAsync(Func<Task> hash)
    {
        var started = Stopwatch.GetTimestamp();
        await hash();
        return Bytes / 1e6 / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static async Task Sha256SumAsync(string file)
    {
        using var process = Process.Start(new ProcessStartInfo("sha256sum", [file]) { RedirectStandardOutput = true })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"sha256sum ends with {process.ExitCode}");
    }
}
