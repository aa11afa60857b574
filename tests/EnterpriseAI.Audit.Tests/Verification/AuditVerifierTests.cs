using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tiles;
using EnterpriseAI.Audit.Verification;

namespace EnterpriseAI.Audit.Tests.Verification;

public sealed class AuditVerifierTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(255)]
    [TestCase(256)]
    [TestCase(257)]
    [TestCase(600)]
    public void A_good_copy_has_no_fault(int size)
    {
        using var folder = new TemporaryFolder();
        var key = TestEvents.WriteLog(folder.Path, size);
        var result = AuditVerifier.VerifyDirectory(folder.Path, key);
        Assert.That(result.Faults, Is.Empty);
        Assert.That(result.IsValid, Is.True);
        Assert.That(result.Entries, Is.EqualTo(size));
        Assert.That(result.Checkpoint!.Size, Is.EqualTo(size));
        Assert.That(result.UncoveredFiles, Is.Empty);
    }

    [Test]
    public void Every_flipped_byte_of_a_small_copy_is_found_and_located()
    {
        using var folder = new TemporaryFolder();
        var key = TestEvents.WriteLog(folder.Path, 3);
        var copy = new Copy(folder.Path, key);
        foreach (var path in copy.Files)
            for (var offset = 0; offset < copy.Length(path); offset++)
                copy.CheckFlip(path, offset, mask: 1 << (offset % 8));
    }

    [Test]
    public void Flipped_bytes_in_every_file_of_a_large_copy_are_found_and_located()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using var folder = new TemporaryFolder();
        var copy = new Copy(folder.Path, TestEvents.WriteLog(folder.Path, 600));
        foreach (var path in copy.Files)
            for (var i = 0; i < 40; i++)
                copy.CheckFlip(path, random.Next(copy.Length(path)), mask: 1 << random.Next(8));
        // The first byte of each length, where a flip moves every later entry.
        const string bundle = "tile/entries/002.p/88";
        foreach (var slot in copy.Slots(bundle)) copy.CheckFlip(bundle, slot.Offset - 2, 1);
    }

    [Test]
    public void A_missing_cut_or_lengthened_file_is_named()
    {
        using var folder = new TemporaryFolder();
        var copy = new Copy(folder.Path, TestEvents.WriteLog(folder.Path, 600));
        foreach (var path in copy.Files)
        {
            var file = folder.File(path);
            var content = File.ReadAllBytes(file);

            File.Delete(file);
            CheckOne(path, AuditFaultKind.FileMissing);
            File.WriteAllBytes(file, content[..(content.Length / 2)]);
            CheckOne(path, path == Checkpoint.FileName ? AuditFaultKind.Checkpoint : AuditFaultKind.FileLength);
            File.WriteAllBytes(file, []);
            CheckOne(path, path == Checkpoint.FileName ? AuditFaultKind.Checkpoint : AuditFaultKind.FileLength);
            File.WriteAllBytes(file, [.. content, 0]);
            CheckOne(path, path == Checkpoint.FileName ? AuditFaultKind.Checkpoint : AuditFaultKind.FileLength);
            File.WriteAllBytes(file, content);
        }
        Assert.That(copy.Verify().IsValid, Is.True);

        void CheckOne(string path, AuditFaultKind kind)
        {
            var faults = copy.Verify().Faults;
            Assert.That(faults.Select(f => (f.File, f.Kind)), Is.EqualTo(new[] { (path, kind) }), path);
        }
    }

    [Test]
    public void A_cut_bundle_tells_the_first_entry_that_is_gone()
    {
        using var folder = new TemporaryFolder();
        var copy = new Copy(folder.Path, TestEvents.WriteLog(folder.Path, 600));
        var slot = copy.Slots("tile/entries/001")[100];
        File.WriteAllBytes(folder.File("tile/entries/001"), File.ReadAllBytes(folder.File("tile/entries/001"))[..(slot.Offset + 5)]);
        var fault = copy.Verify().Faults.Single();
        Assert.That((fault.EntryIndex, fault.ByteOffset), Is.EqualTo(((long?)356, (long?)(slot.Offset - 2))));
    }

    [Test]
    public void Faults_in_an_entry_and_in_a_tile_elsewhere_are_both_located()
    {
        using var folder = new TemporaryFolder();
        var copy = new Copy(folder.Path, TestEvents.WriteLog(folder.Path, 600));
        Flip(folder.File("tile/entries/000"), copy.Slots("tile/entries/000")[7].Offset + 20);
        Flip(folder.File("tile/0/001"), 9 * 32 + 3);
        Flip(folder.File("tile/0/002.p/88"), 3);
        var faults = copy.Verify().Faults;
        Assert.That(faults.Select(f => (f.File, f.EntryIndex)), Does.Contain(("tile/entries/000", (long?)7)));
        Assert.That(faults.Select(f => (f.File, f.ByteOffset)), Does.Contain(("tile/0/001", (long?)(9 * 32 + 3))));
        Assert.That(faults.Select(f => f.EntryIndex), Does.Contain(512), "of the last, partial tile it cannot be told which side is right");
    }

    [Test]
    public void A_log_rewritten_with_all_its_tiles_fails_against_the_signed_root()
    {
        using var folder = new TemporaryFolder();
        using var forged = new TemporaryFolder();
        var key = LogSigningKey.Generate(TestEvents.Origin);
        TestEvents.WriteLog(folder.Path, 300, key);
        var store = LogStore.Open(new DiskLogFiles(forged.Path), LogSigningKey.Generate(TestEvents.Origin));
        var entries = Enumerable.Range(0, 300).Select(TestEvents.Entry).ToArray();
        var changed = (TestEvents.Event(12) with { Actor = "nobody" }).ToCanonicalJson();
        entries[12] = (AuditEventReader.Read(changed).Id, changed);
        store.Commit(entries);

        File.Copy(folder.File("checkpoint"), forged.File("checkpoint"), overwrite: true);
        Assert.That(AuditVerifier.VerifyDirectory(forged.Path, key.Verifier).Faults.Select(f => f.Kind), Is.EqualTo(new[] { AuditFaultKind.Root }));
    }

    [Test]
    public void A_whole_log_of_another_key_is_refused_by_the_trusted_key()
    {
        using var folder = new TemporaryFolder();
        TestEvents.WriteLog(folder.Path, 3);
        var result = AuditVerifier.VerifyDirectory(folder.Path, LogSigningKey.Generate(TestEvents.Origin).Verifier);
        Assert.That(result.Faults.Select(f => f.Kind), Is.EqualTo(new[] { AuditFaultKind.Checkpoint }));
        Assert.That(result.Faults[0].Message, Does.Contain("not signed by"));
    }

    [Test]
    public void Entries_cut_off_by_the_holder_of_the_key_show_against_an_older_checkpoint_and_only_then()
    {
        using var longer = new TemporaryFolder();
        using var shorter = new TemporaryFolder();
        var key = LogSigningKey.Generate(TestEvents.Origin);
        TestEvents.WriteLog(longer.Path, 300, key);
        TestEvents.WriteLog(shorter.Path, 290, key);
        var kept = File.ReadAllBytes(longer.File("checkpoint"));
        Assert.That(AuditVerifier.VerifyDirectory(shorter.Path, key.Verifier).IsValid, Is.True);
        var fault = AuditVerifier.VerifyDirectory(shorter.Path, key.Verifier, kept).Faults.Single();
        Assert.That(fault.Kind, Is.EqualTo(AuditFaultKind.History));
        Assert.That(fault.Message, Does.Contain("290").And.Contain("300"));
        Assert.That(AuditVerifier.VerifyDirectory(longer.Path, key.Verifier, File.ReadAllBytes(shorter.File("checkpoint"))).IsValid, Is.True);
    }

    [Test]
    public void History_rewritten_by_the_holder_of_the_key_shows_against_an_older_checkpoint()
    {
        using var folder = new TemporaryFolder();
        using var rewritten = new TemporaryFolder();
        var key = LogSigningKey.Generate(TestEvents.Origin);
        TestEvents.WriteLog(folder.Path, 5, key);
        TestEvents.Fill(LogStore.Open(new DiskLogFiles(rewritten.Path), key), 1, 20);
        var result = AuditVerifier.VerifyDirectory(rewritten.Path, key.Verifier, File.ReadAllBytes(folder.File("checkpoint")));
        Assert.That(result.Faults.Select(f => f.Kind), Is.EqualTo(new[] { AuditFaultKind.History }));
    }

    [Test]
    public void An_older_checkpoint_of_another_key_is_the_callers_mistake()
    {
        using var folder = new TemporaryFolder();
        var key = TestEvents.WriteLog(folder.Path, 3);
        var note = new Checkpoint(TestEvents.Origin, 1, default).Sign(LogSigningKey.Generate(TestEvents.Origin));
        Assert.That(() => AuditVerifier.VerifyDirectory(folder.Path, key, note), Throws.TypeOf<FormatException>().With.Message.StartWith("the older checkpoint"));
    }

    [Test]
    public void Two_entries_with_one_id_and_an_entry_that_is_no_event_are_faults_though_they_are_signed()
    {
        using var folder = new TemporaryFolder();
        var key = LogSigningKey.Generate(TestEvents.Origin);
        var (state, files) = LogState.Empty.Append([TestEvents.Entry(1).Entry, "{}"u8.ToArray(), TestEvents.Entry(1).Entry]);
        var disk = new DiskLogFiles(folder.Path);
        foreach (var file in files)
        {
            disk.CreateFolder(Path.GetDirectoryName(file.Tile.Path)!);
            disk.Write(file.Tile.Path, file.Content);
        }
        disk.Write("checkpoint", new Checkpoint(TestEvents.Origin, 3, state.Root()).Sign(key));
        Assert.That(AuditVerifier.VerifyDirectory(folder.Path, key.Verifier).Faults.Select(f => (f.Kind, f.EntryIndex)),
            Is.EqualTo(new[] { (AuditFaultKind.Entry, (long?)1), (AuditFaultKind.DuplicateId, 2) }));
    }

    [Test]
    public void Files_that_the_checkpoint_does_not_cover_are_listed_and_prove_nothing()
    {
        using var folder = new TemporaryFolder();
        var key = TestEvents.WriteLog(folder.Path, 3);
        File.WriteAllText(folder.File("tile/0/000.p/2"), "left by a crash");
        File.WriteAllText(folder.File("tile/extra"), "x");
        var result = AuditVerifier.VerifyDirectory(folder.Path, key);
        Assert.That(result.IsValid, Is.True);
        Assert.That(result.UncoveredFiles, Is.EqualTo(new[] { "tile/0/000.p/2", "tile/extra" }));
    }

    private static void Flip(string file, int offset)
    {
        var content = File.ReadAllBytes(file);
        content[offset] ^= 1;
        File.WriteAllBytes(file, content);
    }

    /// <summary>A good copy, in which one byte is changed and put back.</summary>
    private sealed class Copy
    {
        private readonly string _folder;
        private readonly LogVerifierKey _key;

        public Copy(string folder, LogVerifierKey key)
        {
            (_folder, _key) = (folder, key);
            var size = Verify().Checkpoint!.Size;
            Files = [Checkpoint.FileName, .. TileCoordinate.ForSize(size).Select(t => t.Path)];
        }

        public IReadOnlyList<string> Files { get; }

        public AuditVerification Verify() => AuditVerifier.VerifyDirectory(_folder, _key);

        public int Length(string path) => (int)new FileInfo(Full(path)).Length;

        public IReadOnlyList<EntryBundle.Slot> Slots(string path)
        {
            Assert.That(TileCoordinate.TryParse(path, out var tile), Is.True);
            return EntryBundle.Locate(File.ReadAllBytes(Full(path)), tile.Width).Slots;
        }

        public void CheckFlip(string path, int offset, int mask)
        {
            var good = File.ReadAllBytes(Full(path));
            var bad = good.ToArray();
            bad[offset] ^= (byte)mask;
            File.WriteAllBytes(Full(path), bad);
            var faults = Verify().Faults;
            File.WriteAllBytes(Full(path), good);

            var what = $"{path}, byte {offset}, mask {mask}: {string.Join(" | ", faults)}";
            Assert.That(faults, Is.Not.Empty, what);
            Assert.That(faults.Select(f => f.File), Is.All.EqualTo(path), what);
            if (!TileCoordinate.TryParse(path, out var tile))
            {
                Assert.That(faults.Single().Kind, Is.EqualTo(AuditFaultKind.Checkpoint), what);
                return;
            }
            var first = tile.Index * TileCoordinate.FullWidth;
            if (tile.Level != TileCoordinate.Entries)
            {
                Assert.That(faults.Single().ByteOffset, Is.EqualTo(offset), what);
                Assert.That(faults.Single().EntryIndex, tile.Level == 0 ? Is.EqualTo(first + offset / 32) : Is.Null, what);
                return;
            }
            // The entry whose bytes, or whose length, were changed.
            var slots = EntryBundle.Locate(good, tile.Width).Slots;
            var position = slots.TakeWhile(slot => slot.Offset + slot.Length <= offset).Count();
            Assert.That(faults[0].EntryIndex, Is.EqualTo(first + position), what);
            Assert.That(faults[0].ByteOffset, Is.EqualTo(slots[position].Offset).Or.EqualTo(slots[position].Offset - 2), what);
            if (offset >= slots[position].Offset) Assert.That(faults, Has.Count.EqualTo(1), what);
        }

        private string Full(string path) => Path.Combine(_folder, path);
    }
}
