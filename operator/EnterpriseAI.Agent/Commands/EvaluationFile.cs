using System.Text.Json;
using EnterpriseAI.Agent.Training;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Commands;

/// <summary>Reads the evaluation that lies in an artifact's folder; any training framework may have written it.</summary>
internal static class EvaluationFile
{
    private const long MaxBytes = 1 << 20;

    /// <returns>Empty when the artifact is a single file or has no evaluation.</returns>
    /// <exception cref="AgentFailure">It is there, but is no list of metrics.</exception>
    public static async Task<EvaluationMetric[]> ReadAsync(string artifact, CancellationToken cancellationToken)
    {
        var path = Path.Combine(artifact, ArtifactPaths.EvaluationFile);
        if (!Directory.Exists(artifact) || !File.Exists(path))
        {
            return [];
        }

        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 4096, FileOptions.Asynchronous);
        if (file.Length > MaxBytes)
        {
            throw Invalid(path, $"it has {file.Length} bytes, allowed are {MaxBytes}");
        }

        try
        {
            var metrics = await JsonSerializer.DeserializeAsync(file, AgentJson.Readable.EvaluationMetricArray, cancellationToken) ?? [];
            return Array.TrueForAll(metrics, metric => metric is { Metric.Length: > 0 })
                ? metrics
                : throw Invalid(path, "an entry has no metric");
        }
        catch (JsonException exception)
        {
            throw Invalid(path, exception.Message);
        }
    }

    private static AgentFailure Invalid(string path, string problem)
        => AgentFailure.BadInput("InvalidEvaluation", $"{path} is not an evaluation: {problem}; give [{{\"metric\":\"accuracy\",\"value\":0.98,\"dataset\":\"name\",\"slice\":null}}]");
}
