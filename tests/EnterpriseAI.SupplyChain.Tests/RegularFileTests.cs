using System.Diagnostics;
using System.Net.Sockets;

namespace EnterpriseAI.SupplyChain.Tests;

/// <summary>What lies where a file should and is none, also when it came there after the folder was looked at.</summary>
[CancelAfter(30_000)]
public class RegularFileTests
{
    [Test]
    public async Task Pipes_sockets_and_devices_are_no_files([Values("pipe", "socket", "device")] string kind, [Values] bool inFolder, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryFolder();
        folder.Write("model/model.onnx", "weights");
        var path = folder.File("model/odd");
        using var socket = kind is "socket" ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : null;
        socket?.Bind(new UnixDomainSocketEndPoint(path));
        if (kind is "pipe" or "device" && !await MakeAsync(kind is "pipe" ? ["mkfifo", path] : ["mknod", path, "c", "1", "3"], cancellationToken))
            Assert.Ignore("it cannot be made here; a device needs root");
        // A pipe must not be waited for either.
        var refused = await Assert.CatchAsync<SupplyChainException>(() => ArtifactReader.HashAsync(inFolder ? folder.File("model") : path, cancellationToken: cancellationToken));
        Assert.That(refused!.Reason, Is.EqualTo(SupplyChainReason.ArtifactInvalid), refused.Message);
    }

    [Test]
    public void A_link_that_takes_the_place_of_a_file_or_of_a_folder_is_not_followed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("elsewhere/secret", "s");
        folder.Write("model/deep/file", "x");
        File.CreateSymbolicLink(folder.File("model/link"), folder.File("elsewhere/secret"));
        Directory.CreateSymbolicLink(folder.File("model/folder"), folder.File("elsewhere"));
        Directory.CreateSymbolicLink(folder.File("model/deep/within"), folder.File("elsewhere"));
        foreach (var name in new[] { "link", "folder/secret", "deep/within/secret" })
            Assert.That(Assert.Throws<SupplyChainException>(() => RegularFile.OpenBelow(folder.File("model"), name))!.Reason, Is.EqualTo(SupplyChainReason.ArtifactInvalid), name);
        using var file = RegularFile.OpenBelow(folder.File("model"), "deep/file");
        Assert.That(RandomAccess.GetLength(file), Is.EqualTo(1));
    }

    private static async Task<bool> MakeAsync(string[] command, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true })!;
        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0;
    }
}
