namespace EnterpriseAI.SupplyChain;

/// <summary>Finds the files of a folder by the rules of OpenSSF Model Signing v1.0.</summary>
internal static class ArtifactTree
{
    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <returns>Names relative to the folder, in code point order.</returns>
    /// <exception cref="SupplyChainException">A link, a name that cannot be signed, or too many files.</exception>
    public static List<string> FilesOf(string root, ArtifactLimits limits, IReadOnlyCollection<string> ignored)
    {
        var names = new List<string>();
        var folders = new Stack<(DirectoryInfo Folder, string Prefix)>([(new DirectoryInfo(root), "")]);
        while (folders.TryPop(out var next))
        {
            foreach (var entry in next.Folder.EnumerateFileSystemInfos("*", Everything))
            {
                var name = next.Prefix + entry.Name;
                if (ArtifactPaths.IsIgnored(name, ignored))
                    continue;
                if (!ArtifactPaths.IsSafeName(name))
                    throw new SupplyChainException(SupplyChainReason.ArtifactInvalid, $"'{root}': the file name '{name}' cannot be signed: rename it");
                if (entry.LinkTarget is not null || entry.Attributes.HasFlag(FileAttributes.ReparsePoint))
                    throw new SupplyChainException(SupplyChainReason.ArtifactInvalid, $"'{root}': '{name}' is a symbolic link: put the file itself there");
                if (entry is DirectoryInfo folder)
                    folders.Push((folder, name + "/"));
                else
                    names.Add(name);
                if (names.Count > limits.MaxFiles || folders.Count > limits.MaxFiles)
                    throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge, $"'{root}' holds more than {limits.MaxFiles} files");
            }
        }
        names.Sort(CodePointOrder.Instance);
        return names;
    }
}
