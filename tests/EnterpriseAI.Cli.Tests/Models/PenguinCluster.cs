using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Cli.Tests.Models;

/// <summary>A cluster with the versions of a model in every state, and the plugin as a user of it runs it.</summary>
internal sealed class PenguinCluster
{
    public const string Namespace = "research";
    public const string User = "carol@example.com";

    private readonly ManualTimeProvider _time = new();

    public PenguinCluster()
    {
        Server = new FakeApiServer { Time = _time };
        Server.Fault = Webhook;
        var created = _time.GetUtcNow();
        Put(Sources.Penguins(Sources.Old));
        Put(PenguinVersions.V090(created));
        _time.Advance(TimeSpan.FromDays(20));
        Put(PenguinJobs.Train(_time.GetUtcNow()));
        Put(PenguinVersions.V100(_time.GetUtcNow()));
        _time.Advance(TimeSpan.FromDays(4));
        Put(Sources.Penguins(Sources.New));
        Put(PenguinVersions.Rc1(_time.GetUtcNow()));
        Put(PenguinVersions.V110(_time.GetUtcNow()));
        Put(PenguinVersions.V200(_time.GetUtcNow()));
        Put(PenguinServices.Species(_time.GetUtcNow()));
        _time.Advance(TimeSpan.FromHours(5));
    }

    public FakeApiServer Server { get; }

    public DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>A kind that the user may not read.</summary>
    public string? Forbidden { get; set; }

    /// <summary>False: decisions are stored as they are sent.</summary>
    public bool HasWebhook { get; set; } = true;

    public void Advance(TimeSpan by) => _time.Advance(by);

    public void Put(ModelVersion version) => Server.Put(ApiResources.ModelVersions, version);

    public void Put(TrainingJob job) => Server.Put(ApiResources.TrainingJobs, job);

    public void Put(DataSource source) => Server.Put(ApiResources.DataSources, source);

    public void Put(InferenceService service) => Server.Put(ApiResources.InferenceServices, service);

    public Task<PluginRun> RunAsync(string line, string input = "", bool isInteractive = false, bool useColours = false) =>
        RunAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), input, isInteractive, useColours);

    public async Task<PluginRun> RunAsync(string[] arguments, string input = "", bool isInteractive = false, bool useColours = false)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var typed = new StringReader(input);
        var environment = new CommandEnvironment
        {
            Output = output,
            Error = error,
            Input = typed,
            IsInteractive = isInteractive,
            UseColours = useColours,
            Time = _time,
            Connect = _ => Server.Client(_time),
        };
        var code = await CommandRun.RunAsync(PluginCommand.Build(environment), [.. arguments, .. arguments.Contains("-n") || arguments.Contains("-A") || arguments.Contains("sign") ? Array.Empty<string>() : ["-n", Namespace]], error);
        return new PluginRun(code, output.ToString(), error.ToString());
    }

    /// <summary>The part of the operator's webhook that stamps decisions, for a user who may approve; and permissions.</summary>
    private HttpResponseMessage? Webhook(FakeRequest request)
    {
        if (Forbidden is { } kind && request.Path.Contains($"/{kind}", StringComparison.Ordinal))
            return FakeApiServer.Failure(HttpStatusCode.Forbidden, "Forbidden", $"{kind} is forbidden: User \"{User}\" cannot list resource \"{kind}\"");
        if (!HasWebhook || request.Method != "PATCH" || JsonNode.Parse(request.Body)?["spec"]?["approvals"]?["granted"] is not JsonArray { Count: 1 } added)
            return null;
        var version = Server.Stored(ApiResources.ModelVersions, Namespace, request.Path.Split('/')[^1]);
        if (version is null)
            return null;
        if (version["spec"]!["approvals"] is not JsonObject approvals)
            version["spec"]!["approvals"] = approvals = [];
        var entry = added[0]!.DeepClone().AsObject();
        entry["by"] = User;
        entry["at"] = Now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        (approvals["granted"] as JsonArray ?? (JsonArray)(approvals["granted"] = new JsonArray())).Add((JsonNode)entry);
        var stored = Server.Put(ApiResources.ModelVersions, version.Deserialize(ApiJsonContext.Default.ModelVersion)!);
        return new HttpResponseMessage(HttpStatusCode.OK)
        {
            Content = new StringContent(JsonSerializer.Serialize(stored, ApiJsonContext.Default.ModelVersion), Encoding.UTF8, "application/json"),
        };
    }
}

/// <summary>What a run of the plugin gave.</summary>
internal sealed record PluginRun(int Code, string Output, string Error)
{
    public string[] Lines => Output.TrimEnd('\n').Split('\n');
}

/// <summary>Digests that look like digests.</summary>
internal static class Sources
{
    public static string Old { get; } = Digest("penguins, first");

    public static string New { get; } = Digest("penguins, corrected");

    public static string Digest(string text) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    public static DataSource Penguins(string digest) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins", Namespace = PenguinCluster.Namespace },
        Spec = new DataSourceSpec { Owner = "team-antarctica", Source = new DataLocation { PersistentVolumeClaim = new ClaimLocation { ClaimName = "lake", Path = "penguins.json" } } },
        Status = new DataSourceStatus { Phase = DataSourcePhase.Ready, Snapshot = new DataSnapshot { Digest = digest, Rows = 344, Bytes = 70_000 } },
    };
}

internal static class PenguinJobs
{
    public static TrainingJob Train(DateTimeOffset end) => new()
    {
        Metadata = new V1ObjectMeta { Name = "train-penguins", Namespace = PenguinCluster.Namespace },
        Spec = new TrainingJobSpec { Inputs = [new TrainingInput { DataSource = "penguins", MountPath = "/data" }] },
        Status = new TrainingJobStatus
        {
            Phase = TrainingPhase.Succeeded,
            Attempts =
            [
                new TrainingAttempt { Number = 1, Outcome = AttemptOutcome.Preempted, StartedAt = end.AddMinutes(-14), FinishedAt = end.AddMinutes(-11) },
                new TrainingAttempt { Number = 2, Outcome = AttemptOutcome.Succeeded, StartedAt = end.AddMinutes(-10), FinishedAt = end },
            ],
            StartTime = end.AddMinutes(-14),
            CompletionTime = end,
            ModelVersion = "penguin-species-1.0.0",
        },
    };
}

internal static class PenguinServices
{
    public static InferenceService Species(DateTimeOffset now) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguin-species", Namespace = PenguinCluster.Namespace },
        Spec = new InferenceServiceSpec { ModelVersion = "penguin-species-1.1.0" },
        Status = new InferenceServiceStatus
        {
            Phase = InferenceServicePhase.Progressing,
            Stable = new StableRevision { ModelVersion = "penguin-species-1.0.0", Revision = "penguin-species-7c9", Replicas = 2, ReadyReplicas = 2 },
            Candidate = new CandidateRevision { ModelVersion = "penguin-species-1.1.0", Revision = "penguin-species-b41", Weight = 25, ObservedWeight = 25, Verdict = RolloutVerdict.Progressing },
            History = [new FormerRevision { ModelVersion = "penguin-species-0.9.0", Until = now.AddDays(-3) }],
        },
    };
}
