using System.IO.Compression;
using System.Text;
using System.Text.Json;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>How far a one-shot pod is, and what it said when it ended.</summary>
public enum PodPhase
{
    /// <summary>There is no such pod.</summary>
    Absent,

    /// <summary>Not running yet; <see cref="PodOutcome.Message"/> says what it waits for.</summary>
    Waiting,

    Running,

    Succeeded,

    Failed,
}

/// <summary>
/// What the operator reads off a finished or unfinished one-shot pod. The pod has no access to the API server: its
/// result is the JSON of its termination message (at most 4096 bytes; larger results arrive as <c>gzip:</c> + base64).
/// </summary>
public sealed record PodOutcome(PodPhase Phase)
{
    private static readonly JsonElement NoResult = JsonSerializer.SerializeToElement<string?>(null, OutcomeJson.Default.String);

    // A termination message holds at most 4 KiB, so 1 MiB unpacked is far beyond what an honest pod writes.
    private const int MaximumResultBytes = 1 << 20;

    /// <summary>CamelCase, when waiting or failed: from the pod's own error, or the kubelet's.</summary>
    public string? Reason { get; init; }

    /// <summary>For people, when waiting or failed.</summary>
    public string? Message { get; init; }

    /// <summary>The container's exit code once it has one.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The result of a pod that succeeded; JSON null when it left none, as a training program need not.</summary>
    public JsonElement Result { get; init; } = NoResult;

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>The failure is worth another try: the pod was evicted, its node died, or it said so by its exit code 2.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>
    /// Reads the state of <paramref name="pod"/>'s container <paramref name="container"/>. When null: the first of its spec; the
    /// statuses come in another order, so that a sidecar's may be first.
    /// </summary>
    public static PodOutcome Of(V1Pod? pod, string? container = null)
    {
        if (pod is null)
            return new PodOutcome(PodPhase.Absent);

        // What prepares a pod fails or waits for all of it.
        if (Preparation(pod) is { } preparation)
            return preparation;
        var status = Find(pod.Status?.ContainerStatuses, container ?? pod.Spec?.Containers?.FirstOrDefault()?.Name);
        if (status?.State?.Terminated is { } terminated)
            return Ended(terminated);

        if (pod.Status?.Phase == "Failed")
        {
            return new PodOutcome(PodPhase.Failed)
            {
                Reason = pod.Status.Reason ?? "PodFailed",
                Message = pod.Status.Message ?? "the pod failed before its container ended",
                IsRetryable = true,
            };
        }

        if (status?.State?.Running is not null)
            return new PodOutcome(PodPhase.Running);

        var (reason, message) = WaitingFor(pod, status);
        return new PodOutcome(PodPhase.Waiting) { Reason = reason, Message = message };
    }

    /// <summary>The first init container that has not succeeded, when it says more than that it is to start.</summary>
    private static PodOutcome? Preparation(V1Pod pod)
    {
        var status = pod.Status?.InitContainerStatuses?.FirstOrDefault(s => s.State?.Terminated is not { ExitCode: 0 });
        if ((status?.State?.Terminated ?? status?.LastState?.Terminated) is { ExitCode: not 0 } terminated)
            return Ended(terminated);
        if (status?.State?.Running is not null)
            return new PodOutcome(PodPhase.Running);
        return status?.State?.Waiting is { Reason: { } reason and not ("ContainerCreating" or "PodInitializing") } waiting
            ? new PodOutcome(PodPhase.Waiting) { Reason = reason, Message = waiting.Message ?? "the container waits to start" }
            : null;
    }

    private static V1ContainerStatus? Find(IReadOnlyList<V1ContainerStatus>? statuses, string? container) =>
        container is null ? statuses?.FirstOrDefault() : statuses?.FirstOrDefault(s => s.Name == container);

    private static PodOutcome Ended(V1ContainerStateTerminated terminated)
    {
        var result = Parse(terminated.Message);
        if (terminated.ExitCode == 0)
        {
            return new PodOutcome(PodPhase.Succeeded) { ExitCode = 0, Result = result ?? NoResult, FinishedAt = terminated.FinishedAt };
        }

        var (reason, message) = Error(result) ?? (terminated.Reason ?? "Error", FirstLine(terminated.Message) ?? $"the container exited with code {terminated.ExitCode}; see its log");
        return new PodOutcome(PodPhase.Failed)
        {
            ExitCode = terminated.ExitCode,
            FinishedAt = terminated.FinishedAt,
            Reason = reason,
            Message = message,
            // 137 and 143: killed or asked to end from outside, as on eviction and node shutdown.
            IsRetryable = terminated.ExitCode is 2 or 137 or 143,
        };
    }

    private static (string Reason, string Message)? Error(JsonElement? result)
    {
        try
        {
            return result is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object
                && error.TryGetProperty("reason", out var reason) && reason.ValueKind == JsonValueKind.String
                && error.TryGetProperty("message", out var message) && message.ValueKind == JsonValueKind.String
                    ? (reason.GetString()!, message.GetString()!)
                    : null;
        }
        catch (InvalidOperationException)
        {
            // Broken UTF-8 or half a surrogate pair: the document parses, its text does not.
            return null;
        }
    }

    private static (string Reason, string Message) WaitingFor(V1Pod pod, V1ContainerStatus? status)
    {
        if (status?.State?.Waiting is { Reason: { } reason and not ("ContainerCreating" or "PodInitializing") } waiting)
            return (reason, waiting.Message ?? "the container waits to start");
        if (pod.Status?.Conditions?.FirstOrDefault(c => c is { Type: "PodScheduled", Status: "False" }) is { } unscheduled)
            return (unscheduled.Reason ?? "Unschedulable", unscheduled.Message ?? "no node takes the pod yet");
        return ("ContainerCreating", "the container is being created");
    }

    private static string? FirstLine(string? text) =>
        text?.Split('\n', 2, StringSplitOptions.TrimEntries)[0] is { Length: > 0 } line ? line : null;

    internal static JsonElement? Parse(string? message)
    {
        if (string.IsNullOrWhiteSpace(message))
            return null;
        try
        {
            var bytes = message.StartsWith("gzip:", StringComparison.Ordinal) ? Unpack(message["gzip:".Length..]) : Encoding.UTF8.GetBytes(message);
            using var document = JsonDocument.Parse(bytes);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidDataException)
        {
            return null;
        }
    }

    private static byte[] Unpack(string base64)
    {
        using var gzip = new GZipStream(new MemoryStream(Convert.FromBase64String(base64.Trim())), CompressionMode.Decompress);
        using var unpacked = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = gzip.Read(buffer)) > 0;)
        {
            unpacked.Write(buffer.AsSpan(0, read));
            if (unpacked.Length > MaximumResultBytes)
                throw new InvalidDataException("the result is larger than 1 MiB unpacked");
        }
        return unpacked.ToArray();
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class OutcomeJson : System.Text.Json.Serialization.JsonSerializerContext;
