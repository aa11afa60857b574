namespace EnterpriseAI.Agent.Training;

/// <summary>Writes the files of a model so that nobody ever sees half of them.</summary>
/// <remarks>
/// Guarantees: a folder that did not exist appears with all files at once; in one that did, each file is replaced
/// at once, the model last, and a signature over other content is removed first. Files that are right already are
/// left alone, with their signature.
/// </remarks>
internal static class ModelFolder
{
    public const string ModelFile = "model.onnx";
    public const string EvaluationFile = "evaluation.json";
    public const string HoldoutFile = "holdout.json";
    public const string SignatureFile = "model.sig";

    /// <returns>False when every file was right already.</returns>
    /// <exception cref="AgentFailure">The folder cannot be written.</exception>
    public static async Task<bool> WriteAsync(string folder, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        var target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        try
        {
            if (Directory.Exists(target))
            {
                return await ReplaceAsync(target, files, cancellationToken);
            }

            await CreateAsync(target, files, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.WorthRetrying("OutputNotWritable", $"--output: {folder} cannot be written: {exception.Message}", exception);
        }
    }

    private static async Task CreateAsync(string target, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        var staging = $"{target}.{Guid.NewGuid():N}.partial";
        Directory.CreateDirectory(staging);
        try
        {
            foreach (var (name, content) in files)
            {
                await WriteThroughAsync(Path.Combine(staging, name), content, cancellationToken);
            }

            Directory.Move(staging, target);
        }
        catch
        {
            Directory.Delete(staging, recursive: true);
            throw;
        }
    }

    private static async Task<bool> ReplaceAsync(string target, IReadOnlyDictionary<string, byte[]> files, CancellationToken cancellationToken)
    {
        var changed = new List<string>();
        foreach (var (name, content) in files)
        {
            var path = Path.Combine(target, name);
            var present = File.Exists(path) ? await File.ReadAllBytesAsync(path, cancellationToken) : null;
            if (present is null || !present.AsSpan().SequenceEqual(content))
            {
                changed.Add(name);
            }
        }

        if (changed.Count == 0)
        {
            return false;
        }

        File.Delete(Path.Combine(target, SignatureFile));
        foreach (var name in changed.OrderBy(name => name == ModelFile))
        {
            var staging = Path.Combine(target, $".{name}.{Guid.NewGuid():N}.partial");
            try
            {
                await WriteThroughAsync(staging, files[name], cancellationToken);
                File.Move(staging, Path.Combine(target, name), overwrite: true);
            }
            catch
            {
                File.Delete(staging);
                throw;
            }
        }

        return true;
    }

    private static async Task WriteThroughAsync(string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        await file.WriteAsync(content, cancellationToken);
        file.Flush(flushToDisk: true);
    }
}
