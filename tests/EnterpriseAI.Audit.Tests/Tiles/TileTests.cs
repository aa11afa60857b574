using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tests.Merkle;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Tests.Tiles;

public sealed class TileTests
{
    [TestCase(0, 0, 256, "tile/0/000")]
    [TestCase(0, 999, 256, "tile/0/999")]
    [TestCase(0, 1000, 256, "tile/0/x001/000")]
    [TestCase(3, 1234067, 256, "tile/3/x001/x234/067")]
    [TestCase(1, 1234067, 8, "tile/1/x001/x234/067.p/8")]
    [TestCase(TileCoordinate.Entries, 273, 112, "tile/entries/273.p/112")]
    [TestCase(63, 0, 1, "tile/63/000.p/1")]
    public void A_tile_has_the_path_of_the_specification(int level, long index, int width, string path)
    {
        var tile = new TileCoordinate(level, index, width);
        Assert.That(tile.Path, Is.EqualTo(path));
        Assert.That(TileCoordinate.TryParse(path, out var parsed), Is.True);
        Assert.That(parsed, Is.EqualTo(tile));
    }

    [TestCase("tile/0/x000/001")]
    [TestCase("tile/00/001")]
    [TestCase("tile/0/1")]
    [TestCase("tile/0/0001")]
    [TestCase("tile/0/000.p/0")]
    [TestCase("tile/0/000.p/256")]
    [TestCase("tile/0/000.p/01")]
    [TestCase("tile/64/000")]
    [TestCase("tile/-1/000")]
    [TestCase("tile/entries/000/")]
    [TestCase("tile/entries/../key")]
    [TestCase("tile/0/000\n")]
    [TestCase("tile/0/٠٠٠")]
    [TestCase("")]
    public void Any_other_spelling_of_a_path_is_refused(string path) =>
        Assert.That(TileCoordinate.TryParse(path, out _), Is.False);

    [Test]
    public void A_log_of_70000_entries_has_the_tiles_of_the_specification()
    {
        var tiles = TileCoordinate.ForSize(70_000).Where(t => t.Level != TileCoordinate.Entries).ToList();
        Assert.That(tiles.Count(t => t is { Level: 0, IsPartial: false }), Is.EqualTo(273));
        Assert.That(tiles.Where(t => t.Level > 0 || t.IsPartial).Select(t => t.Path),
            Is.EqualTo(new[] { "tile/0/273.p/112", "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1" }));
        Assert.That(TileCoordinate.ForSize(256).Select(t => t.Path), Is.EqualTo(new[] { "tile/entries/000", "tile/0/000", "tile/1/000.p/1" }));
        Assert.That(TileCoordinate.ForSize(0), Is.Empty);
    }

    [Test]
    public void Growing_a_log_to_70000_entries_writes_these_files_and_the_right_root()
    {
        var state = LogState.Empty;
        var files = new Dictionary<string, byte[]>();
        var entries = NaiveTree.Entries(70_000);
        var random = new Random(7);
        for (var start = 0; start < entries.Length;)
        {
            var count = Math.Min(random.Next(1, 257), entries.Length - start);
            (state, var changed) = state.Append(entries[start..(start + count)]);
            foreach (var file in changed) files[file.Tile.Path] = file.Content;
            start += count;
        }
        Assert.That(state.Root().ToArray(), Is.EqualTo(NaiveTree.Root(entries)));
        foreach (var tile in TileCoordinate.ForSize(70_000))
        {
            Assert.That(files, Does.ContainKey(tile.Path));
            if (tile.Level == TileCoordinate.Entries) continue;
            var span = 1 << (8 * tile.Level);
            var first = (int)tile.Index * TileCoordinate.FullWidth * span;
            Assert.That(files[tile.Path], Has.Length.EqualTo(tile.Width * Hash256.Size));
            Assert.That(HashTile.At(files[tile.Path], tile.Width - 1).ToArray(),
                Is.EqualTo(NaiveTree.Root(entries[(first + (tile.Width - 1) * span)..(first + tile.Width * span)])), tile.Path);
        }
    }

    [Test]
    public void Proofs_out_of_tiles_are_those_of_the_whole_tree()
    {
        var entries = NaiveTree.Entries(70_000);
        Hash256[] leaves = [.. entries.Select(e => MerkleHasher.Leaf(e))];
        var (_, written) = Chunks(entries);
        var nodes = HashTile.Nodes(tile => written[(tile.Level, tile.Index)]);
        var root = MerkleTree.Root(leaves);
        foreach (var index in new[] { 0, 255, 256, 65_535, 65_536, 69_999 })
            Assert.That(MerkleProofVerifier.VerifyInclusion(leaves[index], index, leaves.Length, MerkleTree.InclusionProof(index, leaves.Length, nodes), root), Is.True, $"index {index}");
        foreach (var size in new[] { 1, 256, 300, 65_536, 69_999 })
            Assert.That(MerkleProofVerifier.VerifyConsistency(size, MerkleTree.Root(size, nodes), leaves.Length, root, MerkleTree.ConsistencyProof(size, leaves.Length, nodes)), Is.True, $"size {size}");
    }

    [Test]
    public void A_bundle_gives_back_its_entries_and_a_cut_one_the_whole_ones_before_the_cut()
    {
        var bundle = new MemoryStream();
        byte[][] entries = [[], [1], new byte[EntryBundle.MaxEntryBytes], [2, 3]];
        foreach (var entry in entries) EntryBundle.Append(bundle, entry);
        var bytes = bundle.ToArray();
        var (slots, end) = EntryBundle.Locate(bytes, 4);
        Assert.That(slots.Select(s => bytes[s.Offset..(s.Offset + s.Length)]), Is.EqualTo(entries));
        Assert.That(end, Is.EqualTo(bytes.Length));
        Assert.That(EntryBundle.Locate(bytes.AsSpan(..^1), 4).Slots, Has.Count.EqualTo(3));
        Assert.That(EntryBundle.Locate([], 4).Slots, Is.Empty);
        Assert.That(() => EntryBundle.Append(bundle, new byte[EntryBundle.MaxEntryBytes + 1]), Throws.ArgumentException);
    }

    private static (LogState State, Dictionary<(int, long), byte[]> Widest) Chunks(byte[][] entries)
    {
        var state = LogState.Empty;
        var widest = new Dictionary<(int, long), byte[]>();
        foreach (var chunk in entries.Chunk(256))
        {
            (state, var changed) = state.Append(chunk);
            foreach (var file in changed) widest[(file.Tile.Level, file.Tile.Index)] = file.Content;
        }
        return (state, widest);
    }
}
