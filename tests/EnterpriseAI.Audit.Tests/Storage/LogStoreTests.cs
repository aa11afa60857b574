using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Tests.Storage;

public sealed class LogStoreTests
{
    private static readonly LogSigningKey Key = LogSigningKey.Generate(TestEvents.Origin);

    // Within a bundle, over its border, exactly to it, a whole one.
    private static readonly int[] Batches = [1, 3, 250, 5, 253, 256, 2];

    [Test]
    public void After_a_power_cut_at_any_operation_nothing_acknowledged_is_lost_and_nothing_is_there_twice()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var whole = new CrashingFiles(0);
        Run(whole, new());
        for (var failAt = 1; failAt <= whole.Operations; failAt++)
        {
            for (var attempt = 0; attempt < 4; attempt++)
            {
                var files = new CrashingFiles(random.Next()) { FailAt = failAt };
                var acknowledged = new Acknowledged();
                Assert.That(() => Run(files, acknowledged), Throws.TypeOf<PowerCutException>());
                CheckAndFinish(files.AfterCrash(random.Next()), acknowledged, random, $"power cut at operation {failAt}");
            }
        }
    }

    [Test]
    public void A_failed_operation_loses_nothing_when_the_store_is_reopened_by_the_same_process()
    {
        var whole = new CrashingFiles(0);
        Run(whole, new());
        for (var failAt = 2; failAt <= whole.Operations; failAt++)
        {
            var files = new CrashingFiles(failAt) { FailAt = failAt, FailOnly = true };
            var acknowledged = new Acknowledged();
            try
            {
                Run(files, acknowledged);
            }
            catch (IOException)
            {
                // Reopened below, on the same volume as the process sees it.
            }
            Run(files, acknowledged);
            Check(LogStore.Open(files, Key), acknowledged, Batches.Sum(), $"I/O error at operation {failAt}");
        }
    }

    [Test]
    public void The_volume_holds_exactly_the_files_of_the_specification()
    {
        var files = new CrashingFiles(0);
        var store = LogStore.Open(files, Key);
        for (var size = 0; size < 600; size += 60) TestEvents.Fill(store, size, size + 60, batch: 7);
        Assert.That(files.Paths.Where(p => p.StartsWith("tile/", StringComparison.Ordinal)), Is.EquivalentTo(TileCoordinate.ForSize(600).Select(t => t.Path)));
        Assert.That(files.Paths.Where(p => !p.StartsWith("tile/", StringComparison.Ordinal)), Is.EquivalentTo(new[] { "checkpoint", "ids" }));
    }

    [Test]
    public void Every_narrower_version_of_a_partial_tile_is_still_served()
    {
        var store = LogStore.Open(new CrashingFiles(0), Key);
        TestEvents.Fill(store, 0, 300, batch: 50);
        foreach (var width in new[] { 1, 43, 44, 45 })
        {
            var tile = store.ReadTile(new(0, 1, width));
            var bundle = store.ReadTile(new(TileCoordinate.Entries, 1, width));
            Assert.That(tile.HasValue && bundle.HasValue, Is.EqualTo(width <= 44), $"width {width}");
            if (width > 44) continue;
            Assert.That(tile!.Value.Length, Is.EqualTo(width * 32));
            Assert.That(EntryBundle.Locate(bundle!.Value.Span, width).End, Is.EqualTo(bundle.Value.Length));
        }
        Assert.That(store.ReadTile(new(0, 0, 17))!.Value.Length, Is.EqualTo(17 * 32));
        Assert.That(store.ReadTile(new(0, 2, 1)), Is.Null);
        Assert.That(store.ReadTile(new(1, 0, 1)), Is.Not.Null);
        Assert.That(store.ReadTile(new(1, 0, 2)), Is.Null);
        Assert.That(store.ReadTile(new(5, 0, 1)), Is.Null);
    }

    [Test]
    public void A_lost_or_short_id_index_is_made_anew_from_the_entries()
    {
        var files = new CrashingFiles(0);
        TestEvents.Fill(LogStore.Open(files, Key), 0, 300);
        var before = files.Read("ids");
        files.Write("ids", [1, 2, 3]);
        Check(LogStore.Open(files, Key), new Acknowledged { Count = 300 }, 300, "short");
        Assert.That(files.Read("ids"), Is.EqualTo(before));
        files.Delete("ids");
        Check(LogStore.Open(files, Key), new Acknowledged { Count = 300 }, 300, "lost");
    }

    [TestCase("checkpoint", "the file is missing")]
    [TestCase("tile/entries/001.p/44", "the file is missing")]
    [TestCase("tile/0/001.p/44", "the file is missing")]
    public void A_lost_file_is_named_and_the_log_does_not_begin_anew(string path, string message)
    {
        var files = new CrashingFiles(0);
        TestEvents.Fill(LogStore.Open(files, Key), 0, 300);
        files.Delete(path);
        Assert.That(() => LogStore.Open(files, Key), Throws.TypeOf<LogDamagedException>().With.Message.StartWith($"{path}: {message}"));
    }

    [TestCase("checkpoint")]
    [TestCase("tile/entries/001.p/44")]
    [TestCase("tile/0/001.p/44")]
    [TestCase("tile/1/000.p/1")]
    public void A_changed_file_at_the_edge_is_not_built_upon(string path)
    {
        var files = new CrashingFiles(0);
        TestEvents.Fill(LogStore.Open(files, Key), 0, 300);
        var content = files.Read(path)!;
        content[content.Length / 2] ^= 1;
        files.Write(path, content);
        Assert.That(() => LogStore.Open(files, Key), Throws.TypeOf<LogDamagedException>());
    }

    [Test]
    public void A_log_of_another_key_is_not_written_to()
    {
        var files = new CrashingFiles(0);
        TestEvents.Fill(LogStore.Open(files, Key), 0, 3);
        Assert.That(() => LogStore.Open(files, LogSigningKey.Generate(TestEvents.Origin)), Throws.TypeOf<LogDamagedException>());
    }

    // Commits the batches that are not in the log yet, in order, as callers do who send again what was not acknowledged.
    private static void Run(CrashingFiles files, Acknowledged acknowledged)
    {
        var store = LogStore.Open(files, Key);
        var start = 0;
        foreach (var batch in Batches)
        {
            var fresh = Enumerable.Range(start, batch).Select(TestEvents.Entry).Where(entry => !store.TryGetIndex(entry.Id, out _)).ToList();
            start += batch;
            if (fresh.Count == 0) continue;
            store.Commit(fresh);
            acknowledged.Count = start;
            acknowledged.Checkpoint = store.Current.Checkpoint;
        }
    }

    private static void CheckAndFinish(CrashingFiles files, Acknowledged acknowledged, Random random, string when)
    {
        // Power may fail again while the log recovers, or soon after.
        files.FailAt = random.Next(1, 12);
        var again = new Acknowledged { Count = acknowledged.Count, Checkpoint = acknowledged.Checkpoint };
        try
        {
            Run(files, again);
            files.FailAt = 0;
        }
        catch (PowerCutException)
        {
            files = files.AfterCrash(random.Next());
        }
        Check(LogStore.Open(files, Key), again, null, when);
        Run(files, again);
        Check(LogStore.Open(files, Key), again, Batches.Sum(), when);
    }

    private static void Check(LogStore store, Acknowledged acknowledged, int? size, string when)
    {
        var log = store.Current;
        Assert.That(log.Size, size is null ? Is.GreaterThanOrEqualTo(acknowledged.Count) : Is.EqualTo(size), when);
        var hashes = new List<Hash256>();
        foreach (var tile in TileCoordinate.ForSize(log.Size).TakeWhile(t => t.Level == TileCoordinate.Entries))
        {
            var bundle = store.ReadTile(tile)!.Value;
            foreach (var slot in EntryBundle.Locate(bundle.Span, tile.Width).Slots)
            {
                var expected = TestEvents.Entry(hashes.Count);
                Assert.That(bundle.Slice(slot.Offset, slot.Length).Span.SequenceEqual(expected.Entry), Is.True, $"{when}, entry {hashes.Count}");
                Assert.That(store.TryGetIndex(expected.Id, out var index), Is.True, when);
                Assert.That(index, Is.EqualTo(hashes.Count), when);
                hashes.Add(MerkleHasher.Leaf(expected.Entry));
            }
        }
        Assert.That(hashes, Has.Count.EqualTo(log.Size), when);
        Assert.That(MerkleTree.Root([.. hashes]), Is.EqualTo(log.Checkpoint.Root), when);
        if (acknowledged.Checkpoint is { } older)
            Assert.That(MerkleTree.Root([.. hashes.Take((int)older.Size)]), Is.EqualTo(older.Root), $"{when}: the log is not what a reader saw before");
    }

    private sealed class Acknowledged
    {
        public int Count { get; set; }

        public Checkpoint? Checkpoint { get; set; }
    }
}
