namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Published test vectors that lie beside the repository on some machines.</summary>
internal static class Vectors
{
    /// <summary>The folder; the test is ignored where there is none.</summary>
    public static string Folder(string name)
    {
        if (Find(name) is { } folder)
            return folder;
        Assert.Ignore($"shared/vectors/{name} not present");
        return "";
    }

    /// <summary>The folder; null where there is none.</summary>
    public static string? Find(string name)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "vectors", name);
            if (Directory.Exists(candidate))
                return candidate;
        }
        return null;
    }
}
