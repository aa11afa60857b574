using System.Runtime.InteropServices;

namespace EnterpriseAI.Audit.Storage;

/// <summary>The operations on a real file system, with fsync where durability is promised.</summary>
internal sealed partial class DiskLogFiles(string root) : ILogFiles
{
    private const int ReadOnlyDirectory = 0x10000; // O_RDONLY | O_DIRECTORY

    public byte[]? Read(string path)
    {
        try
        {
            return File.ReadAllBytes(Full(path));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    public IReadOnlyList<string> List(string folder) =>
        Directory.Exists(Full(folder)) ? [.. Directory.EnumerateFiles(Full(folder)).Select(file => Path.GetFileName(file))] : [];

    public void CreateFolder(string folder)
    {
        if (folder.Length == 0 || Directory.Exists(Full(folder))) return;
        var above = Path.GetDirectoryName(folder) ?? "";
        CreateFolder(above);
        Directory.CreateDirectory(Full(folder));
        SyncFolder(above);
    }

    public void Write(string path, ReadOnlySpan<byte> content)
    {
        using var file = File.OpenHandle(Full(path), FileMode.Create, FileAccess.Write);
        RandomAccess.Write(file, content, 0);
        RandomAccess.FlushToDisk(file);
    }

    public void WriteAt(string path, long offset, ReadOnlySpan<byte> content)
    {
        using var file = File.OpenHandle(Full(path), FileMode.OpenOrCreate, FileAccess.Write);
        RandomAccess.Write(file, content, offset);
        RandomAccess.FlushToDisk(file);
    }

    public void Rename(string from, string to) => File.Move(Full(from), Full(to), overwrite: true);

    public void SyncFolder(string folder)
    {
        // .NET cannot open a folder, and without this a crash may undo a rename that was reported as done.
        var descriptor = Open(Full(folder), ReadOnlyDirectory);
        if (descriptor < 0) throw LastError(folder);
        try
        {
            if (FSync(descriptor) != 0) throw LastError(folder);
        }
        finally
        {
            _ = Close(descriptor);
        }
    }

    public void Delete(string path) => File.Delete(Full(path));

    public void DeleteFolder(string folder)
    {
        if (Directory.Exists(Full(folder)) && !Directory.EnumerateFileSystemEntries(Full(folder)).Any()) Directory.Delete(Full(folder));
    }

    private string Full(string path) => Path.Combine(root, path);

    private static IOException LastError(string folder) => new($"cannot sync the folder '{folder}': {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
