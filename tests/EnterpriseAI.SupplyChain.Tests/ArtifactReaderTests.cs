namespace EnterpriseAI.SupplyChain.Tests;

public class ArtifactReaderTests
{
    [Test]
    public async Task Reading_and_hashing_give_the_same_files()
    {
        using var folder = new TemporaryFolder();
        folder.Write("model.onnx", "weights");
        folder.Write("empty", "");
        folder.Write("deep/er/file", "x");
        var read = await ArtifactReader.ReadAsync(folder.Path);
        var hashed = await ArtifactReader.HashAsync(folder.Path);
        Assert.That(read.Digest, Is.EqualTo(hashed.Digest));
        Assert.That(read.Files.Select(file => (file.Name, file.Bytes)), Is.EqualTo(new[] { ("deep/er/file", 1L), ("empty", 0L), ("model.onnx", 7L) }));
        Assert.That(read.Bytes["model.onnx"].ToArray(), Is.EqualTo("weights"u8.ToArray()));
        Assert.That(hashed.Bytes, Is.Empty);
    }

    [Test]
    public async Task Git_files_are_left_out_at_the_top_only()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { ".git/HEAD", ".gitignore", ".gitattributes", ".github/workflow", "model.sig", "sub/.gitignore", "sub/model.sig", ".gitmodules", "m" })
            folder.Write(name, "x");
        var artifact = await ArtifactReader.HashAsync(folder.Path);
        Assert.That(artifact.Files.Select(file => file.Name), Is.EqualTo(new[] { ".gitmodules", "m", "sub/.gitignore", "sub/model.sig" }));
    }

    [Test]
    public async Task Symbolic_links_are_refused_and_named([Values] bool toFolder, [Values] bool dangling)
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        folder.Write("model.onnx", "x");
        var target = dangling ? elsewhere.File("nothing") : toFolder ? elsewhere.Path : elsewhere.Write("secret", "s");
        if (toFolder)
            Directory.CreateSymbolicLink(folder.File("link"), target);
        else
            File.CreateSymbolicLink(folder.File("link"), target);
        var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => ArtifactReader.ReadAsync(folder.Path)))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactInvalid));
        Assert.That(refused.Message, Does.Contain("'link'"));
    }

    [Test]
    public async Task Missing_and_empty_artifacts_are_not_found()
    {
        using var folder = new TemporaryFolder();
        Assert.That((await Assert.ThrowsAsync<SupplyChainException>(() => ArtifactReader.ReadAsync(folder.File("none"))))!.Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
        Assert.That((await Assert.ThrowsAsync<SupplyChainException>(() => ArtifactReader.ReadAsync(folder.Path)))!.Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
    }

    [Test]
    public async Task Bounds_hold_for_one_file_the_sum_and_the_count([Values] bool read)
    {
        using var folder = new TemporaryFolder();
        folder.Write("a", "12345");
        folder.Write("b", "12345");
        foreach (var limits in new ArtifactLimits[] { new() { MaxFileBytes = 4 }, new() { MaxTotalBytes = 9 }, new() { MaxFiles = 1 } })
        {
            var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => read ? ArtifactReader.ReadAsync(folder.Path, limits) : ArtifactReader.HashAsync(folder.Path, limits)))!;
            Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge), limits.ToString());
        }
        await Assert.DoesNotThrowAsync(() => ArtifactReader.ReadAsync(folder.Path, new ArtifactLimits { MaxFileBytes = 5, MaxTotalBytes = 10, MaxFiles = 2 }));
    }

    [TestCase("a\\b")]
    [TestCase("a\uFFFD")]
    public async Task A_file_name_that_cannot_be_signed_is_refused(string name)
    {
        using var folder = new TemporaryFolder();
        folder.Write(name, "x");
        var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => ArtifactReader.HashAsync(folder.Path)))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactInvalid));
        Assert.That(refused.Message, Does.Contain("cannot be signed"));
    }

    [Test]
    public async Task Folders_without_files_are_bounded_too()
    {
        using var folder = new TemporaryFolder();
        folder.Write("m", "x");
        foreach (var name in new[] { "a", "b", "c" })
            Directory.CreateDirectory(folder.File(name));
        var refused = (await Assert.ThrowsAsync<SupplyChainException>(() => ArtifactReader.HashAsync(folder.Path, new ArtifactLimits { MaxFiles = 2 })))!;
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
    }

    // The kernel's own files say another length than they have, as a file does that is cut or grows while it is read.
    [TestCase("/sys/kernel/mm/transparent_hugepage/enabled")]
    [TestCase("/proc/version")]
    public async Task A_file_of_another_length_than_it_says_is_unreadable(string path)
    {
        if (!File.Exists(path))
            Assert.Ignore($"there is no {path} here");
        var refused = await Assert.CatchAsync<IOException>(() => ArtifactReader.ReadBoundedAsync(path, 1 << 20, CancellationToken.None));
        Assert.That(refused!.Message, Does.Contain("changed its length while it was read"));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task A_file_that_ends_before_its_length_is_unreadable(CancellationToken cancellationToken)
    {
        const string path = "/sys/kernel/mm/transparent_hugepage/enabled";
        if (!File.Exists(path))
            Assert.Ignore($"there is no {path} here");
        var refused = await Assert.CatchAsync<SupplyChainException>(() => ArtifactReader.HashAsync(path, cancellationToken: cancellationToken));
        Assert.That(refused!.Message, Does.Contain("changed its length while it was read"));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task A_file_that_grows_while_it_is_hashed_is_unreadable(CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.onnx");
        await using (var file = File.Create(path))
            file.SetLength(64 << 20);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        // From before its length is asked for until it was read: it grows in between, whenever that is.
        var growing = Task.Run(async () =>
        {
            await using var file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            while (!stop.IsCancellationRequested)
                file.WriteByte(0);
        }, CancellationToken.None);
        var refused = await Assert.CatchAsync<SupplyChainException>(() => ArtifactReader.HashAsync(path, cancellationToken: cancellationToken));
        await stop.CancelAsync();
        await growing;
        Assert.That(refused!.Reason, Is.EqualTo(SupplyChainReason.ArtifactUnreadable));
        Assert.That(refused.Message, Does.Contain("changed its length while it was read"));
    }
}
