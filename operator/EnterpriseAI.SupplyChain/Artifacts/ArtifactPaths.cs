namespace EnterpriseAI.SupplyChain;

/// <summary>Names of an artifact's own files and of what is left out of it.</summary>
public static class ArtifactPaths
{
    /// <summary>The signature file, inside a folder artifact or beside a single file.</summary>
    public const string SignatureFile = "model.sig";

    /// <summary>The model inside a folder artifact.</summary>
    public const string ModelFile = "model.onnx";

    /// <summary>The evaluation results inside a folder artifact.</summary>
    public const string EvaluationFile = "evaluation.json";

    /// <summary>Left out of every signature, at the top level of a folder only.</summary>
    internal static readonly string[] GitPaths = [".git", ".gitattributes", ".github", ".gitignore"];

    /// <summary>Where the signature of the artifact at <paramref name="artifactPath"/> is kept.</summary>
    public static string SignatureOf(string artifactPath) => Directory.Exists(artifactPath)
        ? System.IO.Path.Combine(artifactPath, SignatureFile)
        : System.IO.Path.Combine(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(artifactPath)) ?? "/", SignatureFile);

    /// <summary>The name of a file relative to a folder artifact; none when it lies elsewhere.</summary>
    internal static IEnumerable<string> Below(string artifactPath, string? file)
    {
        if (file is null)
            return [];
        var relative = System.IO.Path.GetRelativePath(System.IO.Path.GetFullPath(artifactPath), System.IO.Path.GetFullPath(file));
        return IsSafeName(relative) ? [relative] : [];
    }

    /// <summary>True for a relative path with <c>/</c> separators that cannot leave its folder.</summary>
    public static bool IsSafeName(string name) =>
        name.IndexOfAny(['\\', '\0', '\uFFFD']) < 0 && !name.Split('/').Any(static segment => segment is "" or "." or "..");

    /// <summary>True when <paramref name="name"/> is one of <paramref name="ignored"/> or lies in one of them.</summary>
    internal static bool IsIgnored(string name, IEnumerable<string> ignored) => ignored.Any(path =>
        name.StartsWith(path, StringComparison.Ordinal) && (name.Length == path.Length || name[path.Length] == '/'));
}
