using System.CommandLine;
using EnterpriseAI.Agent.Fetching;

namespace EnterpriseAI.Agent.Commands;

/// <summary>An artifact in a cache.</summary>
/// <param name="Digest">Its digest, by which it lies there; not hashed anew.</param>
/// <param name="Path">Its folder in the cache.</param>
/// <param name="Bytes">Sum of its files, with the signature.</param>
/// <param name="LastUsed">When it was fetched, asked for, or found in use last.</param>
/// <param name="InUse">True when a process of this node has one of its files open or mapped.</param>
public sealed record CachedArtifact(string Digest, string Path, long Bytes, DateTimeOffset LastUsed, bool InUse);

/// <summary>The result of <c>agent cache list</c>.</summary>
/// <param name="Artifacts">The one asked for longest ago first.</param>
/// <param name="Bytes">Sum of all.</param>
public sealed record CacheListing(IReadOnlyList<CachedArtifact> Artifacts, long Bytes);

/// <summary>The result of <c>agent cache prune</c>.</summary>
/// <param name="Removed">The digests of what went.</param>
/// <param name="Freed">How many bytes they had.</param>
/// <param name="Left">How many bytes are left.</param>
public sealed record CachePruning(IReadOnlyList<string> Removed, long Freed, long Left);

/// <summary><c>agent cache list|prune</c>.</summary>
internal static class CacheCommand
{
    public static Option<long> MaxCacheBytes()
        => Arguments.WholeNumber("--max-cache-bytes", "Largest sum of all files in the cache; what was asked for longest ago goes first.", 64L << 30, 0, 1L << 44);

    public static Command Create(AgentHost host) => new("cache", "Shows and empties a node's cache of artifacts.") { List(host), Prune(host) };

    private static Command List(AgentHost host)
    {
        var (folder, terminationLog) = (Folder(), TerminationLog.Option());
        var command = new Command("list", "Shows what lies in the cache.") { folder, terminationLog };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.CacheListing,
            _ =>
            {
                var entries = new CacheFolder(parsed.GetRequiredValue(folder), host.Time).Entries();
                return Task.FromResult(new CacheListing(
                    [.. entries.Select(static entry => new CachedArtifact(entry.Digest.ToString(), entry.Folder, entry.Bytes, entry.LastUsed, entry.IsInUse()))],
                    entries.Sum(static entry => entry.Bytes)));
            },
            cancellationToken));
        return command;
    }

    private static Command Prune(AgentHost host)
    {
        var (folder, maxCacheBytes, terminationLog) = (Folder(), MaxCacheBytes(), TerminationLog.Option());
        var unusedFor = Arguments.Duration("--unused-for", "Only what was not asked for within this time. [default: 10m]");
        var command = new Command("prune", "Takes artifacts out of the cache until it is no larger than allowed; what is in use stays.") { folder, maxCacheBytes, unusedFor, terminationLog };
        command.SetAction((parsed, cancellationToken) => CommandRun.RunAsync(
            host,
            parsed.GetValue(terminationLog),
            AgentJson.Readable.CachePruning,
            _ =>
            {
                var (removed, left) = new CacheFolder(parsed.GetRequiredValue(folder), host.Time)
                    .Shrink(parsed.GetValue(maxCacheBytes), parsed.GetValue(unusedFor) ?? CacheFolder.Grace, null);
                return Task.FromResult(new CachePruning([.. removed.Select(static entry => entry.Digest.ToString())], removed.Sum(static entry => entry.Bytes), left));
            },
            cancellationToken));
        return command;
    }

    private static Option<string> Folder() => Arguments.RequiredText("--cache", "DIR", "The node's cache.");
}
