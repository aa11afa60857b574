using System.Diagnostics;
using System.Text.Json;
using EnterpriseAI.Agent.Fetching;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Tests.Fetching;

[CancelAfter(120_000)]
public sealed class ArtifactCacheTests
{
    private static readonly byte[] Content = FetchBench.Bytes(1_000_003);
    private static readonly ModelDigest Digest = ModelDigest.OfBytes(Content);

    [Test]
    public async Task A_second_fetch_downloads_nothing()
    {
        using var node = new Node();
        await using var server = Serve(Content);

        var first = await node.FetchAsync(server, Digest, "--to", "/models/one");
        server.Requests.Clear();
        var second = await node.FetchAsync(server, Digest, "--to", "/models/one");

        Assert.That((first.Cached, second.Cached), Is.EqualTo((false, true)));
        Assert.That(second.Path, Is.EqualTo(Path.Combine(node.Cache, $"sha256-{Digest.Hex}", "one")));
        Assert.That(File.ReadAllBytes(second.Path), Is.EqualTo(Content));
        Assert.That(server.Requests, Is.Empty);
        Assert.That(Directory.Exists("/models"), Is.False, "with a cache nothing is written to --to");
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(node.Cache, ".staging")), Is.Empty);
    }

    [Test]
    public async Task Another_name_leads_to_the_same_bytes()
    {
        using var node = new Node();
        await using var server = Serve(Content);

        await node.FetchAsync(server, Digest, "--to", "/models/one");
        var other = await node.FetchAsync(server, Digest, "--to", "two");
        var again = await node.FetchAsync(server, Digest, "--to", "two");

        Assert.That(File.ReadAllBytes(other.Path), Is.EqualTo(Content));
        Assert.That((Path.GetFileName(other.Path), other.Cached, again.Cached), Is.EqualTo(("two", true, true)));
        Assert.That(new FileInfo(other.Path).LinkTarget, Is.EqualTo("one"), "relative, so that it leads there in any container");
    }

    [Test]
    public async Task Only_the_owner_may_write_folders_and_nobody_files()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var node = new Node();
        await using var server = Serve(Content);

        var path = (await node.FetchAsync(server, Digest, "--to", "one")).Path;

        Assert.That(Convert.ToString((int)File.GetUnixFileMode(path), 8), Is.EqualTo("444"));
        foreach (var folder in (string[])[Path.GetDirectoryName(path)!, Path.Combine(node.Cache, ".staging"), Path.Combine(node.Cache, ".locks")])
        {
            Assert.That(Convert.ToString((int)File.GetUnixFileMode(folder), 8), Is.EqualTo("755"), folder);
        }
    }

    [Test]
    public async Task Fetches_at_once_download_once()
    {
        using var node = new Node();
        await using var server = Serve(Content);

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => node.FetchAsync(server, Digest, "--to", $"name{number % 2}")));

        Assert.That(server.Sent, Is.EqualTo(Content.Length));
        Assert.That(results.Count(result => !result.Cached), Is.EqualTo(1));
        Assert.That(results.Select(result => File.ReadAllBytes(result.Path)), Has.All.EqualTo(Content));
    }

    [Test]
    public async Task A_killed_fetch_is_taken_over_by_the_one_that_waits()
    {
        using var node = new Node();
        var content = FetchBench.Bytes(48 << 20);
        var digest = ModelDigest.OfBytes(content);
        await using var server = Serve(content);
        var began = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        server.Before = async request =>
        {
            if (request.Number == 3)
            {
                began.TrySetResult();
                await go.Task;
            }

            return null;
        };
        using var victim = node.Start(server, digest, "--to", "one", "--connections", "1");
        await began.Task.WaitAsync(TimeSpan.FromSeconds(60));
        var heir = node.FetchAsync(server, digest, "--to", "one");
        await node.SaidAsync("waiting for it");

        // As the kernel's out-of-memory killer does: without a chance to clean up.
        victim.Kill();
        await victim.WaitForExitAsync();
        var before = server.Sent;
        go.SetResult();
        var result = await heir;

        Assert.That(File.ReadAllBytes(result.Path).AsSpan().SequenceEqual(content));
        Assert.That(server.Sent - before, Is.LessThan(content.Length / 2), "what the killed process had was taken up");
    }

    [TestCase("other bytes")]
    [TestCase("")]
    public async Task An_entry_that_was_changed_is_fetched_anew(string bytes)
    {
        using var node = new Node();
        await using var server = Serve(Content);
        var path = (await node.FetchAsync(server, Digest, "--to", "one")).Path;
        File.Delete(path);
        File.WriteAllText(path, bytes);

        var result = await node.FetchAsync(server, Digest, "--to", "one");

        Assert.That(result.Cached, Is.False);
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(Content));
        Assert.That(node.Said, Does.Contain("has not the digest that it is called by; fetching it anew"));
    }

    [Test]
    public async Task An_entry_without_anything_in_it_is_fetched_anew()
    {
        using var node = new Node();
        await using var server = Serve(Content);
        Directory.CreateDirectory(Path.Combine(node.Cache, $"sha256-{Digest.Hex}"));

        Assert.That((await node.FetchAsync(server, Digest, "--to", "one")).Cached, Is.False);
    }

    [Test]
    public async Task What_was_asked_for_longest_ago_goes_first_and_what_was_asked_for_lately_stays()
    {
        var time = new SetTime();
        using var node = new Node { Time = time };
        await using var server = new FileServer();
        var digests = Enumerable.Range(0, 4).Select(number => Put(server, number, 300_000)).ToArray();
        foreach (var number in (int[])[0, 1, 2])
        {
            await node.FetchFileAsync(server, number, digests[number], 1_000_000);
            time.Now += TimeSpan.FromMinutes(1);
        }

        var full = await Failure.OfAsync(() => node.FetchFileAsync(server, 3, digests[3], 1_000_000));
        time.Now += CacheFolder.Grace;
        await node.FetchFileAsync(server, 0, digests[0], 1_000_000);
        await node.FetchFileAsync(server, 3, digests[3], 1_000_000);

        Assert.That((full.Reason, full.ExitCode), Is.EqualTo(("CacheFull", AgentFailure.Retryable)));
        Assert.That(node.Entries, Is.EquivalentTo((ModelDigest[])[digests[0], digests[2], digests[3]]), "the second was asked for longest ago");
        Assert.That(node.Said, Does.Contain($"{digests[1]} left the cache to make room"));
    }

    [Test]
    public async Task What_a_process_has_open_or_mapped_stays([Values] bool mapped)
    {
        var time = new SetTime();
        using var node = new Node { Time = time };
        await using var server = new FileServer();
        var digests = Enumerable.Range(0, 3).Select(number => Put(server, number, 300_000)).ToArray();
        var first = await node.FetchFileAsync(server, 0, digests[0], 700_000);
        time.Now += TimeSpan.FromMinutes(1);
        await node.FetchFileAsync(server, 1, digests[1], 700_000);
        time.Now += CacheFolder.Grace;
        using var map = mapped ? System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(first.Path, FileMode.Open, null, 0, System.IO.MemoryMappedFiles.MemoryMappedFileAccess.Read) : null;
        using var view = map?.CreateViewAccessor(0, 0, System.IO.MemoryMappedFiles.MemoryMappedFileAccess.Read);
        using var open = mapped ? null : File.OpenRead(first.Path);

        await node.FetchFileAsync(server, 2, digests[2], 700_000);

        Assert.That(node.Entries, Is.EquivalentTo((ModelDigest[])[digests[0], digests[2]]), "the first is in use, so the second went");
    }

    [Test]
    public async Task What_was_in_use_a_moment_ago_stays_while_its_server_starts_again()
    {
        var time = new SetTime();
        using var node = new Node { Time = time };
        await using var server = new FileServer();
        var digests = Enumerable.Range(0, 3).Select(number => Put(server, number, 300_000)).ToArray();
        var first = await node.FetchFileAsync(server, 0, digests[0], 700_000);
        time.Now += TimeSpan.FromDays(7);
        await node.FetchFileAsync(server, 1, digests[1], 700_000);
        time.Now += CacheFolder.Grace;
        using (File.OpenRead(first.Path))
        {
            await node.FetchFileAsync(server, 2, digests[2], 700_000);
        }

        var full = await Failure.OfAsync(() => node.FetchFileAsync(server, 1, digests[1], 700_000));

        Assert.That(full.Reason, Is.EqualTo("CacheFull"), "fetched a week ago, but in use just now");
        Assert.That(node.Entries, Is.EquivalentTo((ModelDigest[])[digests[0], digests[2]]));
    }

    [Test]
    public async Task An_artifact_larger_than_the_cache_is_refused_before_it_comes()
    {
        using var node = new Node();
        await using var server = Serve(Content);

        var failure = await Failure.OfAsync(() => node.FetchFileAsync(server, null, Digest, 900_000));

        Assert.That(failure.Reason, Is.EqualTo("CacheTooSmall"));
        Assert.That(server.Sent, Is.LessThan(Content.Length));
    }

    [Test]
    public async Task An_artifact_larger_than_its_fetch_allows_is_refused_though_it_lies_in_the_cache()
    {
        using var node = new Node();
        await using var server = Serve(Content);
        await node.FetchAsync(server, Digest, "--to", "one");

        var run = await node.Workspace.AgentAsync(
            ["fetch", "--from", server.At("/model.onnx").ToString(), "--to", "one", "--cache", node.Cache, "--digest", Digest.ToString(), "--max-bytes", $"{Content.Length - 1}"]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent), run.Output);
        Assert.That(run.TerminationLog, Does.Contain("ArtifactTooLarge"));
    }

    [Test]
    public async Task What_another_fetch_holds_stays_until_it_lets_go()
    {
        var time = new SetTime();
        using var node = new Node { Time = time };
        await using var server = Serve(Content);
        await node.FetchAsync(server, Digest, "--to", "one");
        time.Now += CacheFolder.Grace;
        var folder = new CacheFolder(node.Cache, time);

        using (CacheLock.TryShared(folder.LockOf(Digest)))
        {
            Assert.That(folder.Shrink(0, CacheFolder.Grace, null).Removed, Is.Empty);
        }

        Assert.That(folder.Shrink(0, CacheFolder.Grace, null).Removed.Single().Digest, Is.EqualTo(Digest));
    }

    [Test]
    public async Task What_another_process_has_just_taken_away_is_not_taken_away_again()
    {
        using var node = new Node();
        await using var server = Serve(Content);
        var entry = Path.GetDirectoryName((await node.FetchAsync(server, Digest, "--to", "one")).Path)!;

        // After an entry was found, and before it is removed, the clock is asked how long it was not used.
        var folder = new CacheFolder(node.Cache, new InterruptedTime(() => Staging.Remove(entry)));

        Assert.That(folder.Shrink(0, TimeSpan.Zero, null).Removed, Is.Empty);
        Assert.That(Directory.Exists(entry), Is.False);
    }

    [Test]
    public async Task A_folder_comes_with_the_signature_that_its_source_has_now()
    {
        using var node = new Node();
        var source = node.Workspace.At("source");
        node.Workspace.Write("source/model.onnx", "model");
        node.Workspace.Write("source/model.sig", "old");
        var digest = (await ArtifactReader.HashAsync(source)).Digest;
        string[] arguments = ["fetch", "--from", $"file://{source}", "--to", "m", "--cache", node.Cache, "--digest", digest.ToString()];
        await node.Workspace.AgentAsync(arguments);

        node.Workspace.Write("source/model.sig", "new");
        var run = await node.Workspace.AgentAsync(arguments);

        Assert.That(run.LastLine, Does.Contain("\"cached\":true"));
        Assert.That(File.ReadAllText(Path.Combine(node.Cache, $"sha256-{digest.Hex}", "m", "model.sig")), Is.EqualTo("new"));
    }

    [Test]
    public async Task The_cache_is_listed_and_pruned()
    {
        using var node = new Node();
        await using var server = new FileServer();
        var digests = Enumerable.Range(0, 2).Select(number => Put(server, number, 300_000)).ToArray();
        foreach (var number in (int[])[0, 1])
        {
            await node.FetchFileAsync(server, number, digests[number], 1_000_000);
        }

        var list = JsonDocument.Parse((await node.Workspace.AgentAsync(["cache", "list", "--cache", node.Cache])).LastLine).RootElement;
        var kept = JsonDocument.Parse((await node.Workspace.AgentAsync(["cache", "prune", "--cache", node.Cache, "--max-cache-bytes", "0"])).LastLine).RootElement;
        var pruned = JsonDocument.Parse((await node.Workspace.AgentAsync(["cache", "prune", "--cache", node.Cache, "--max-cache-bytes", "300000", "--unused-for", "1ms"])).LastLine).RootElement;

        Assert.That(list.GetProperty("bytes").GetInt64(), Is.EqualTo(600_000));
        Assert.That(list.GetProperty("artifacts").EnumerateArray().Select(artifact => artifact.GetProperty("inUse").GetBoolean()), Is.EqualTo((bool[])[false, false]));
        Assert.That(kept.GetProperty("removed").GetArrayLength(), Is.Zero, "both were asked for just now");
        Assert.That(pruned.GetProperty("removed").EnumerateArray().Single().GetString(), Is.EqualTo(digests[0].ToString()));
        Assert.That((pruned.GetProperty("freed").GetInt64(), pruned.GetProperty("left").GetInt64()), Is.EqualTo((300_000, 300_000)));
        Assert.That(node.Entries, Is.EqualTo((ModelDigest[])[digests[1]]));
    }

    [TestCase("--to", "/models/one")]
    [TestCase("--to", "/", "--digest", "sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("--to", "/models/.hidden", "--digest", "sha256:0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_cache_needs_a_digest_and_a_name(params string[] arguments)
    {
        using var node = new Node();

        var run = await node.Workspace.AgentAsync(["fetch", "--from", "https://localhost:1/m", "--cache", node.Cache, .. arguments]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error, Does.Contain("--cache: needs --digest").Or.Contain("begins with no dot"));
    }

    [Test]
    public async Task A_full_volume_is_named_and_what_is_there_stays()
    {
        var volume = Path.Combine(Path.GetTempPath(), $"agent-tests-volume-{Guid.NewGuid():N}");
        Directory.CreateDirectory(volume);
        try
        {
            if (!await RunAsync("mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", volume))
            {
                Assert.Ignore("a small volume cannot be mounted here; that needs root");
            }

            using var node = new Node { Cache = Path.Combine(volume, "cache") };
            await using var server = new FileServer();
            var (small, large) = (Put(server, 0, 300_000), Put(server, 1, 3_000_000));
            await node.FetchFileAsync(server, 0, small, 1 << 30);

            var failure = await Failure.OfAsync(() => node.FetchFileAsync(server, 1, large, 1 << 30));

            Assert.That((failure.Reason, failure.ExitCode), Is.EqualTo(("DiskFull", AgentFailure.Retryable)));
            Assert.That((await node.FetchFileAsync(server, 0, small, 1 << 30)).Cached, Is.True);
        }
        finally
        {
            await RunAsync("umount", volume);
            Directory.Delete(volume);
        }
    }

    private static async Task<bool> RunAsync(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }

    private static FileServer Serve(byte[] content) => new() { Files = { ["/model.onnx"] = new ServedFile(content, "\"v1\"") } };

    private static ModelDigest Put(FileServer server, int number, int bytes)
    {
        var content = FetchBench.Bytes(bytes, number);
        server.Files[$"/{number}"] = new ServedFile(content, "\"v1\"");
        return ModelDigest.OfBytes(content);
    }

    private sealed class SetTime : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = System.GetUtcNow();

        public override DateTimeOffset GetUtcNow() => Now;
    }

    // Something happens whenever the time is asked for.
    private sealed class InterruptedTime(Action interruption) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow()
        {
            interruption();
            return base.GetUtcNow();
        }
    }

    /// <summary>A node with its cache.</summary>
    private sealed class Node : IDisposable
    {
        private readonly StringWriter _said = new();
        private string? _cache;

        public Workspace Workspace { get; } = new();

        public string Cache { get => _cache ?? Workspace.At("cache"); init => _cache = value; }

        public TimeProvider Time { get; init; } = TimeProvider.System;

        public string Said
        {
            get
            {
                lock (_said)
                {
                    return _said.ToString();
                }
            }
        }

        public IEnumerable<ModelDigest> Entries => new CacheFolder(Cache, Time).Entries().Select(entry => entry.Digest);

        public async Task<FetchResult> FetchAsync(FileServer server, ModelDigest digest, params string[] arguments)
        {
            var request = new FetchRequest(server.At("/model.onnx"), arguments[1], digest) { ChunkBytes = 64 << 10, Backoff = TimeSpan.FromMilliseconds(1) };
            return await new ArtifactCache(new CacheFolder(Cache, Time), 1 << 30, Host()).FetchAsync(request, CancellationToken.None);
        }

        public async Task<FetchResult> FetchFileAsync(FileServer server, int? number, ModelDigest digest, long maxBytes)
            => await new ArtifactCache(new CacheFolder(Cache, Time), maxBytes, Host())
                .FetchAsync(new FetchRequest(server.At($"/{number?.ToString() ?? "model.onnx"}"), "m", digest) { ChunkBytes = 64 << 10 }, CancellationToken.None);

        /// <summary>The same as a process of its own.</summary>
        public Process Start(FileServer server, ModelDigest digest, params string[] arguments)
            => Process.Start(new ProcessStartInfo(
                Path.Combine(AppContext.BaseDirectory, "agent"),
                ["fetch", "--from", server.At("/model.onnx").ToString(), "--cache", Cache, "--digest", digest.ToString(), "--termination-log", Workspace.At("log"), .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;

        public async Task SaidAsync(string text)
        {
            while (!Said.Contains(text, StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }
        }

        public void Dispose() => Workspace.Dispose();

        private AgentHost Host() => new(_said, TextWriter.Null, _ => null, Time);
    }
}
