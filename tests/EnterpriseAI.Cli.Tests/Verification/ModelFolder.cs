namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>A folder with a model, removed afterwards.</summary>
internal sealed class ModelFolder : IDisposable
{
    public ModelFolder() => Path = Directory.CreateTempSubdirectory("model-command-").FullName;

    /// <summary>A copy, so that a test may change it.</summary>
    public ModelFolder(string source) : this()
    {
        foreach (var file in Directory.EnumerateFiles(source))
            System.IO.File.Copy(file, File(System.IO.Path.GetFileName(file)));
    }

    public string Path { get; }

    public static ModelFolder WithModel()
    {
        var folder = new ModelFolder();
        folder.Write("weights.bin", "0123456789");
        folder.Write("config.json", "{}");
        folder.Write("sub/vocabulary.txt", "a b c");
        folder.Write("skipped", "not a part");
        return folder;
    }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string Write(string name, string text)
    {
        var file = File(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
        System.IO.File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
