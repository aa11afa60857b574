using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.TrainingJobs;
using EnterpriseAI.Operator.TrainingJobs.Gang;

namespace EnterpriseAI.Operator.Tests.TrainingJobs;

/// <summary>A job of two pods with two GPUs each, and what may be observed of it.</summary>
internal static class Training
{
    public const string Master = "penguins-master-0-1", Worker = "penguins-worker-0-1";
    public static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    public static readonly string Digest = "sha256:" + new string('d', 64);

    public static TrainingJob Job(TrainingJobStatus? status = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = "penguins", Namespace = "ns", Uid = "job-uid", Generation = 1 },
        Spec = new TrainingJobSpec
        {
            Purpose = "research",
            Framework = TrainingFramework.PyTorch,
            Inputs = [new TrainingInput { DataSource = "data", MountPath = "/data" }],
            Roles = [Role("master"), Role("worker")],
            Output = new TrainingOutput { Model = "penguins", Version = "1.0.0", Artifact = "pvc://models/penguins/1.0.0", SigningKeySecret = "model-signing" },
        },
        Status = status,
    };

    public static TrainingRole Role(string name) => new()
    {
        Name = name,
        Template = new V1PodTemplateSpec { Spec = PodSpec() },
    };

    public static DataSource Source(bool ready = true) => new()
    {
        Metadata = new V1ObjectMeta { Name = "data", Namespace = "ns", Uid = "data-uid" },
        Spec = new DataSourceSpec { Source = new DataLocation { PersistentVolumeClaim = new ClaimLocation { ClaimName = "lake", Path = "penguins.csv" } } },
        Status = new DataSourceStatus
        {
            Snapshot = new DataSnapshot { Digest = Digest },
            Conditions = [new V1Condition { Type = "Ready", Status = ready ? "True" : "False", Message = ready ? "" : "penguins.csv is missing" }],
        },
    };

    /// <summary>The status of a job whose attempt runs, or has just been admitted.</summary>
    public static TrainingJobStatus Attempt(int number = 1, TrainingPhase phase = TrainingPhase.Running) => new()
    {
        Phase = phase,
        ObservedGeneration = 1,
        StartTime = Noon,
        Attempts =
        [
            .. Enumerable.Range(1, number - 1).Select(n => new TrainingAttempt { Number = n, StartedAt = Noon, FinishedAt = Noon, Outcome = AttemptOutcome.Failed }),
            new TrainingAttempt { Number = number, StartedAt = Noon },
        ],
    };

    public static TrainingJobObservation Observe(TrainingJob job, params V1Pod[] pods) => new()
    {
        Resource = job,
        DataSources = new Dictionary<string, DataSource> { ["data"] = Source() },
        Pods = pods.ToDictionary(p => p.Metadata.Name!),
        Ask = () => new GangAdmission(true, 1, ""),
        AgentImage = "agent-image",
    };

    public static TrainingJobPlan Decide(TrainingJobObservation observation, DateTimeOffset? now = null) => TrainingJobDecision.Decide(observation, now ?? Noon);

    public static TrainingJobObservation With(this TrainingJobObservation observation, TrainingJobStatus status) =>
        observation with { Resource = observation.Resource with { Status = status } };

    public static V1Condition Condition(this TrainingJobPlan plan, string type) => plan.Status.Conditions.Single(c => c.Type == type);

    public static string[] Deleted(this TrainingJobPlan plan) => [.. plan.Delete.Select(d => d.Object.Metadata.Name!)];

    /// <summary>A crash before the status was written repeats the same audit ids; after it, nothing is recorded again.</summary>
    public static void HappensOnce(TrainingJobObservation observation, string action, DateTimeOffset? now = null)
    {
        var at = now ?? Noon;
        var (first, repeated) = (Decide(observation, at), Decide(observation, at.AddSeconds(1)));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(first.Transitions.Select(t => t.Action), Is.EqualTo(new[] { action }));
            Assert.That(repeated.Transitions.Select(t => (t.Action, t.Occurrence)), Is.EqualTo(first.Transitions.Select(t => (t.Action, t.Occurrence))), "a crash before the status was written");
            Assert.That(Decide(observation.With(first.Status), at.AddSeconds(1)).Transitions, Is.Empty, "after the status was written");
        }
    }

    public static V1Pod Running(string name, double seconds = 0) =>
        Pod(name, new V1ContainerState { Running = new V1ContainerStateRunning { StartedAt = Noon.AddSeconds(-seconds) } });

    public static V1Pod Waiting(string name, string reason, string message) =>
        Pod(name, new V1ContainerState { Waiting = new V1ContainerStateWaiting { Reason = reason, Message = message } });

    public static V1Pod Ended(string name, int code, double seconds = 0, string? reason = null, string? message = null, DateTimeOffset? at = null) => Pod(name, new V1ContainerState
    {
        Terminated = new V1ContainerStateTerminated { ExitCode = code, Reason = reason, Message = message, StartedAt = (at ?? Noon).AddSeconds(-seconds), FinishedAt = at ?? Noon },
    });

    public static V1Pod Evicted(string name) => Pod(name, null) with { Status = new V1PodStatus { Phase = "Failed", Reason = "Evicted", Message = "the node was low on memory" } };

    /// <summary>The number of the attempt is the end of a worker's name.</summary>
    public static V1Pod Pod(string name, V1ContainerState? state) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = name,
            Namespace = "ns",
            Uid = $"{name}-uid",
            Labels = name.EndsWith("-publish", StringComparison.Ordinal)
                ? new Dictionary<string, string> { [CommonLabels.Role] = "publish" }
                : new Dictionary<string, string> { [CommonLabels.Attempt] = name[(name.LastIndexOf('-') + 1)..] },
        },
        Spec = PodSpec(),
        Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { Name = "train", State = state }] },
    };

    private static V1PodSpec PodSpec() => new()
    {
        Containers =
        [
            new V1Container
            {
                Name = "train",
                Image = "trainer",
                Resources = new V1ResourceRequirements { Limits = new Dictionary<string, string> { [ResourceDemand.Gpu] = "2" } },
            },
        ],
    };
}
