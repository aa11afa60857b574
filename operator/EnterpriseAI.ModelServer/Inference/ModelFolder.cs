using System.Text.RegularExpressions;
using EnterpriseAI.ModelServer.Serving;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One version of a model on disk.</summary>
/// <param name="Version">Its name in requests; null for a model without versions.</param>
/// <param name="Path">A model file, or a folder with <c>model.onnx</c>.</param>
/// <param name="Problem">Why it may not be read; null when it may.</param>
internal sealed record VersionLocation(string? Version, string Path, string? Problem = null);

/// <summary>A model of a repository on disk: <c>FOLDER/model/version/model.onnx</c> and perhaps <c>FOLDER/model/config.json</c>.</summary>
/// <param name="Versions">The highest first.</param>
internal sealed partial record ModelFolder(ModelConfig Config, IReadOnlyList<VersionLocation> Versions)
{
    public const string NameRule = "letters, digits, '.', '_' and '-', at most 253, not beginning with '.'";

    private const int MaxModels = 1_000, MaxVersions = 100;

    private static readonly EnumerationOptions Everything = new() { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };

    /// <summary>The names of the models in a repository, and the entries that can be none.</summary>
    /// <exception cref="ModelRefusedException">It cannot be read, or holds too many.</exception>
    public static (List<string> Models, List<string> Others) List(string repository)
    {
        var models = new List<string>();
        var others = new List<string>();
        foreach (var entry in Entries(repository))
        {
            // A volume has entries of its own: lost+found, ..data.
            if (IsName(entry.Name) && (entry is DirectoryInfo || entry.LinkTarget is not null))
                models.Add(entry.Name);
            else
                others.Add(entry.Name);
            if (models.Count > MaxModels)
                throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactTooLarge), $"'{repository}' holds more than {MaxModels} models");
        }
        models.Sort(StringComparer.Ordinal);
        return (models, others);
    }

    public static bool IsName(string name) => Name().IsMatch(name);

    /// <exception cref="ModelRefusedException">The model is not there, cannot be read or has no version.</exception>
    public static async Task<ModelFolder> ReadAsync(string repository, string name, CancellationToken cancellationToken)
    {
        var folder = System.IO.Path.Combine(repository, name);
        if (new DirectoryInfo(folder).LinkTarget is not null)
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactInvalid), $"'{folder}' is a symbolic link: put the folder itself there");
        if (!Directory.Exists(folder))
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactNotFound), $"'{folder}' does not exist");
        var versions = Entries(folder)
            .Select(static entry => (Entry: entry, Version: VersionName.Parse(entry.Name)))
            .Where(static found => found.Version is not null && (found.Entry is DirectoryInfo || found.Entry.LinkTarget is not null))
            .OrderByDescending(static found => found.Version)
            .Select(static found => new VersionLocation(found.Entry.Name, found.Entry.FullName,
                found.Entry.LinkTarget is null ? null : $"'{found.Entry.FullName}' is a symbolic link: put the folder itself there"))
            .ToList();
        if (versions.Count == 0)
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactNotFound), $"'{folder}' has no version: a folder whose name is a whole number or a semantic version");
        if (versions.Count > MaxVersions)
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactTooLarge), $"'{folder}' has more than {MaxVersions} versions");
        return new ModelFolder(await ModelConfig.ReadAsync(folder, cancellationToken).ConfigureAwait(false), versions);
    }

    private static List<FileSystemInfo> Entries(string folder)
    {
        try
        {
            return [.. new DirectoryInfo(folder).EnumerateFileSystemInfos("*", Everything)];
        }
        catch (DirectoryNotFoundException e)
        {
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactNotFound), $"'{folder}' does not exist: give a folder of models", inner: e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactUnreadable), $"'{folder}' cannot be read: {e.Message}", mayPass: true, e);
        }
    }

    [GeneratedRegex(@"\A[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
