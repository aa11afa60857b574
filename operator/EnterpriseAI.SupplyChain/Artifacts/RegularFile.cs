using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.SupplyChain;

/// <summary>Opens files of a volume that somebody else may be changing.</summary>
/// <remarks>
/// .NET can neither refuse to follow a link while opening nor open a pipe without waiting for its writer, so a check before
/// opening would be about what lay there then. Here the opened file itself is asked what it is.
/// </remarks>
internal static partial class RegularFile
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const int NonBlocking = 0x800; // O_NONBLOCK
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int PathOnly = 0x200000; // O_PATH
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH

    // These two differ between processors.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm;
    private static readonly int NoFollow = IsArm ? 0x8000 : 0x20000; // O_NOFOLLOW
    private static readonly int FolderOnly = IsArm ? 0x4000 : 0x10000; // O_DIRECTORY

    private const int NoSuchFile = 2; // ENOENT
    private const int NoDevice = 6; // ENXIO: a socket
    private const int NotPermitted = 13; // EACCES
    private const int NotAFolder = 20; // ENOTDIR
    private const int TooManyLinks = 40; // ELOOP

    // struct statx is the same on every processor.
    private const uint TypeMask = 1;
    private const int StatusBytes = 256;
    private const int ModeOffset = 28;
    private const int FormatMask = 0xF000;
    private const int RegularFormat = 0x8000;

    /// <summary>Opens a file; links to it are followed, as volumes of secrets are made of them.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.ArtifactInvalid"/>: it is a pipe, socket or device.</exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static SafeFileHandle Open(string path)
    {
        return Regular(OpenAt(CurrentFolder, path, NonBlocking | CloseOnExec, 0), path);
    }

    /// <summary>Opens a file below a folder; no part of its name may be a link, even if it becomes one meanwhile.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.ArtifactInvalid"/>: it is a link, pipe, socket or device.</exception>
    /// <exception cref="IOException">It is not there or cannot be read.</exception>
    public static SafeFileHandle OpenBelow(string folder, string name)
    {
        var segments = name.Split('/');
        var current = Checked(OpenAt(CurrentFolder, folder, PathOnly | FolderOnly | CloseOnExec, 0), folder, folder);
        try
        {
            foreach (var segment in segments.SkipLast(1))
            {
                var next = Checked(OpenIn(current, segment, PathOnly | FolderOnly | NoFollow | CloseOnExec, 0), segment, $"{folder}/{name}");
                current.Dispose();
                current = next;
            }
            return Regular(OpenIn(current, segments[^1], NonBlocking | NoFollow | CloseOnExec, 0), $"{folder}/{name}");
        }
        finally
        {
            current.Dispose();
        }
    }

    private static SafeFileHandle Regular(SafeFileHandle handle, string path)
    {
        Checked(handle, path, path);
        Span<byte> status = stackalloc byte[StatusBytes];
        var failed = Status(handle, "", EmptyPath, TypeMask, status) != 0;
        if (!failed && (BinaryPrimitives.ReadUInt16LittleEndian(status[ModeOffset..]) & FormatMask) == RegularFormat)
            return handle;
        handle.Dispose();
        throw failed ? new IOException($"'{path}' cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}") : NotRegular(path, "not a file");
    }

    private static SafeFileHandle Checked(SafeFileHandle handle, string name, string path)
    {
        if (!handle.IsInvalid)
            return handle;
        var (error, message) = (Marshal.GetLastPInvokeError(), Marshal.GetLastPInvokeErrorMessage());
        handle.Dispose();
        throw error switch
        {
            NoSuchFile => new FileNotFoundException($"'{path}' does not exist", path),
            NotPermitted => new UnauthorizedAccessException($"'{path}' may not be read"),
            // Opening a link as a folder fails as not a folder.
            TooManyLinks or NotAFolder => NotRegular(path, $"a symbolic link, or '{name}' in it is"),
            NoDevice => NotRegular(path, "a socket"),
            _ => new IOException($"'{path}' cannot be opened: {message}"),
        };
    }

    private static SupplyChainException NotRegular(string path, string what) =>
        new(SupplyChainReason.ArtifactInvalid, $"'{path}' is {what}: put the file itself there");

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenAt(int folder, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenIn(SafeFileHandle folder, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Status(SafeFileHandle file, string path, int flags, uint mask, Span<byte> status);
}
