namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Published test vectors that lie beside the repository on some machines.</summary>
internal static class Vectors
{
    public static string Folder(string name)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "shared", "vectors", name);
            if (Directory.Exists(candidate))
                return candidate;
        }
        Assert.Ignore($"shared/vectors/{name} not present");
        return "";
    }
}
