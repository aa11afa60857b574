using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Where an artifact is made beside its target, and how it takes the target's place.</summary>
/// <remarks>Everything lies beside the target, because only within one file system is a rename all or nothing.</remarks>
internal sealed class Staging(string target)
{
    /// <summary>The file or folder in the making.</summary>
    public string Path { get; } = $"{target}.partial";

    /// <summary>True when an earlier attempt left something.</summary>
    public bool HasBegun => System.IO.Path.Exists(Path) || Directory.Exists(Parts);

    private string Parts { get; } = $"{target}.partial.parts";

    /// <summary>Where a file of the artifact lies when it is whole.</summary>
    public string FinishedOf(string name) => name.Length == 0 ? Path : System.IO.Path.Combine(Path, name);

    /// <summary>Where a file of the artifact is downloaded to. Of a folder not into the folder: nothing may be left in there.</summary>
    public string DownloadOf(string name)
    {
        if (name.Length == 0)
        {
            return Path;
        }

        Directory.CreateDirectory(Parts);
        return System.IO.Path.Combine(Parts, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))));
    }

    /// <summary>A download is whole.</summary>
    public void Finish(string name)
    {
        if (name.Length > 0)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(FinishedOf(name))!);
            File.Move(DownloadOf(name), FinishedOf(name), overwrite: true);
        }
    }

    public void Clear()
    {
        Remove(Path);
        PartialFile.Remove(Path);
        Remove(Parts);
    }

    /// <summary>Puts what was made in the target's place.</summary>
    public void Publish()
    {
        Remove(Parts);
        if (!Directory.Exists(Path) && !Directory.Exists(target))
        {
            File.Move(Path, target, overwrite: true);
            return;
        }

        // A folder cannot be renamed over another that has files.
        var former = $"{target}.{Guid.NewGuid():N}.former";
        if (System.IO.Path.Exists(target))
        {
            Directory.Move(target, former);
        }

        try
        {
            Directory.Move(Path, target);
        }
        catch
        {
            if (System.IO.Path.Exists(former))
            {
                Directory.Move(former, target);
            }

            throw;
        }

        Remove(former);
    }

    public static void Remove(string path)
    {
        if (Directory.Exists(path))
        {
            Directory.Delete(path, recursive: true);
        }
        else
        {
            File.Delete(path);
        }
    }
}
