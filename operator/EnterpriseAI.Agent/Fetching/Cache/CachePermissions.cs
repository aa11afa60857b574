namespace EnterpriseAI.Agent.Fetching;

/// <summary>Who may do what in a cache: everybody reads, only the user that fetches writes folders, nobody writes files.</summary>
internal static class CachePermissions
{
    private const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode File = UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    public static void CreateFolder(string path)
    {
        Directory.CreateDirectory(path);
        Set(path, Folder);
    }

    public static void ProtectFile(string path) => Set(path, File);

    public static void ProtectTree(string folder)
    {
        Set(folder, Folder);
        foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories))
        {
            Set(inner, Folder);
        }

        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
        {
            Set(file, File);
        }
    }

    private static void Set(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows() && System.IO.File.GetUnixFileMode(path) != mode)
        {
            System.IO.File.SetUnixFileMode(path, mode);
        }
    }
}
