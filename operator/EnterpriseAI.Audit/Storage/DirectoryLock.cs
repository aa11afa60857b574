namespace EnterpriseAI.Audit.Storage;

/// <summary>Holds a log's directory for one writer, until disposed or the process ends.</summary>
/// <remarks>Caveats: an advisory lock of the operating system (flock). It does not reach across machines on every network file system.</remarks>
internal sealed class DirectoryLock : IDisposable
{
    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <exception cref="LogInUseException">Another writer holds it.</exception>
    public static DirectoryLock Take(string directory)
    {
        var path = Path.Combine(directory, "lock");
        try
        {
            return new DirectoryLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (File.Exists(path))
        {
            throw new LogInUseException($"the directory '{directory}' is in use by another audit-log ({e.Message})", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
