namespace EnterpriseAI.Agent.Fetching;

/// <summary>A lock between processes on a node, also in different containers.</summary>
/// <remarks>It is the kernel's lock on an open file, so it ends with its process, however that ends. Its file is never deleted: whoever waits has it open.</remarks>
internal sealed class CacheLock : IDisposable
{
    private const int HeldByAnother = 11; // EWOULDBLOCK
    private readonly FileStream _file;

    private CacheLock(FileStream file) => _file = file;

    /// <summary>Keeps what is locked from changing; null while it does.</summary>
    public static CacheLock? TryShared(string path) => Try(path, FileAccess.Read, FileShare.Read);

    /// <summary>Allows to change what is locked; null while another uses it.</summary>
    public static CacheLock? TryExclusive(string path) => Try(path, FileAccess.ReadWrite, FileShare.None);

    public void Dispose() => _file.Dispose();

    private static CacheLock? Try(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new CacheLock(new FileStream(path, FileMode.OpenOrCreate, access, share, bufferSize: 1));
        }
        catch (IOException exception) when (exception.HResult == HeldByAnother)
        {
            return null;
        }
    }
}
