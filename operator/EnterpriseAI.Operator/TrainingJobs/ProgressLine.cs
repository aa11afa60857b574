using System.Text.Json;
using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>Progress as training code reports it: a line <c>{"progress":{"percent":..,"metrics":{..}}}</c> in its log.</summary>
internal static class ProgressLine
{
    // Metrics are shown in a status: a training program that prints thousands must not fill it.
    private const int MaximumMetrics = 16;

    /// <summary>The last progress in a log's tail, or null.</summary>
    public static TrainingProgress? Last(string log)
    {
        foreach (var line in log.Split('\n').Reverse())
        {
            if (!line.StartsWith('{') || !line.Contains("\"progress\"", StringComparison.Ordinal))
                continue;
            try
            {
                using var document = JsonDocument.Parse(line);
                if (document.RootElement.TryGetProperty("progress", out var progress) && progress.ValueKind == JsonValueKind.Object)
                    return Read(progress);
            }
            catch (JsonException)
            {
                // Not ours, or cut by the tail: the line before may be whole.
            }
        }
        return null;
    }

    private static TrainingProgress Read(JsonElement progress)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (progress.TryGetProperty("metrics", out var reported) && reported.ValueKind == JsonValueKind.Object)
        {
            foreach (var metric in reported.EnumerateObject().Where(m => m.Value.ValueKind == JsonValueKind.Number).Take(MaximumMetrics))
                metrics[metric.Name] = metric.Value.GetDouble();
        }
        return new TrainingProgress
        {
            Percent = progress.TryGetProperty("percent", out var percent) && percent.ValueKind == JsonValueKind.Number ? percent.GetDouble() : null,
            Metrics = metrics,
        };
    }
}
