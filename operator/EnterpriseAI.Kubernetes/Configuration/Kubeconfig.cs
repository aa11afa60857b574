using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace EnterpriseAI.Kubernetes;

/// <summary>The parts of kubeconfig files that are used, after merging.</summary>
internal sealed record Kubeconfig
{
    public string? CurrentContext { get; init; }
    public required IReadOnlyDictionary<string, KubeconfigEntry> Clusters { get; init; }
    public required IReadOnlyDictionary<string, KubeconfigEntry> Users { get; init; }
    public required IReadOnlyDictionary<string, KubeconfigEntry> Contexts { get; init; }

    /// <summary>Existing files of <c>KUBECONFIG</c>, else the one in the home folder if it exists.</summary>
    public static IReadOnlyList<string> DefaultFiles()
    {
        if (Environment.GetEnvironmentVariable("KUBECONFIG") is { Length: > 0 } list)
            return [.. list.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).Where(File.Exists)];
        var home = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".kube", "config");
        return File.Exists(home) ? [home] : [];
    }

    public static Kubeconfig Load(IReadOnlyList<string> paths)
    {
        string? current = null;
        var clusters = new Dictionary<string, KubeconfigEntry>();
        var users = new Dictionary<string, KubeconfigEntry>();
        var contexts = new Dictionary<string, KubeconfigEntry>();
        foreach (var path in paths)
        {
            var root = ReadFile(path);
            current ??= root.Text("current-context") is { Length: > 0 } name ? name : null;
            Merge(root, "clusters", "cluster", clusters);
            Merge(root, "users", "user", users);
            Merge(root, "contexts", "context", contexts);
        }

        return new Kubeconfig { CurrentContext = current, Clusters = clusters, Users = users, Contexts = contexts };
    }

    static void Merge(KubeconfigEntry root, string list, string member, Dictionary<string, KubeconfigEntry> into)
    {
        foreach (var entry in root.Items(list))
        {
            if (entry.Text("name") is { } name)
                into.TryAdd(name, entry.Member(member) ?? entry with { Node = new YamlMappingNode() });
        }
    }

    static KubeconfigEntry ReadFile(string path)
    {
        try
        {
            var yaml = new YamlStream();
            using var text = new StringReader(File.ReadAllText(path));
            yaml.Load(text);
            if (yaml.Documents is [var document, ..] && document.RootNode is YamlMappingNode root)
                return new KubeconfigEntry(path, root);
            throw new KubeconfigException($"{path}: a kubeconfig must be a mapping");
        }
        catch (YamlException e)
        {
            throw new KubeconfigException($"{path}: no valid YAML at line {e.Start.Line}: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>A mapping of a kubeconfig and the file it stands in, against which relative paths are resolved.</summary>
internal sealed record KubeconfigEntry(string File, YamlMappingNode Node)
{
    public string? Text(string key) => Find(key) is YamlScalarNode { Value: { } value } scalar && !IsNull(scalar) ? value : null;

    public bool Flag(string key) => Text(key) is "true";

    public KubeconfigEntry? Member(string key) => Find(key) is YamlMappingNode node ? new KubeconfigEntry(File, node) : null;

    public IEnumerable<KubeconfigEntry> Items(string key) =>
        Find(key) is YamlSequenceNode list ? list.OfType<YamlMappingNode>().Select(node => new KubeconfigEntry(File, node)) : [];

    public IReadOnlyList<string> Texts(string key) =>
        Find(key) is YamlSequenceNode list ? [.. list.OfType<YamlScalarNode>().Select(node => node.Value ?? "")] : [];

    /// <summary>A path, resolved against the kubeconfig's own folder.</summary>
    public string? PathTo(string key) =>
        Text(key) is { Length: > 0 } path ? Path.GetFullPath(path, Path.GetDirectoryName(Path.GetFullPath(File))!) : null;

    /// <summary>Bytes given either inline as base64 under <paramref name="dataKey"/> or as a file under <paramref name="fileKey"/>.</summary>
    public byte[]? Bytes(string dataKey, string fileKey)
    {
        if (Text(dataKey) is { Length: > 0 } data)
        {
            try
            {
                return Convert.FromBase64String(data);
            }
            catch (FormatException e)
            {
                throw new KubeconfigException($"{File}: {dataKey} is no base64", e);
            }
        }

        if (PathTo(fileKey) is not { } path)
            return null;
        try
        {
            return System.IO.File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KubeconfigException($"{File}: {fileKey} {path}: cannot be read: {e.Message}", e);
        }
    }

    static bool IsNull(YamlScalarNode node) => node.Style == ScalarStyle.Plain && node.Value is "null" or "~";

    YamlNode? Find(string key) => Node.Children.TryGetValue(new YamlScalarNode(key), out var value) ? value : null;
}
