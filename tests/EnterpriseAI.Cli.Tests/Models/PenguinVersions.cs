using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Cli.Tests.Models;

/// <summary>Versions of one model, each in another state.</summary>
internal static class PenguinVersions
{
    private const string Key = "3f2a9d0c41b7e586";

    // All are verified again every day.
    private static readonly DateTimeOffset Verified = new ManualTimeProvider().GetUtcNow().AddDays(24).AddMinutes(1);

    /// <summary>Served before, may serve again.</summary>
    public static ModelVersion V090(DateTimeOffset now) => Version("0.9.0", now) with
    {
        Spec = Spec("0.9.0") with { Stage = ModelStage.Production, Approvals = new ModelApprovals { Granted = [Approve("alice@example.com", now.AddHours(1), null)] } },
        Status = Status(Sources.Digest("penguin-species 0.9.0"), now, ModelVersionPhase.Ready, "verified, 0 of 0 gates passed, approved by alice@example.com", gates: "0 of 0 gates passed", approved: "approved by alice@example.com"),
    };

    /// <summary>Serves.</summary>
    public static ModelVersion V100(DateTimeOffset now) => Version("1.0.0", now) with
    {
        Spec = Spec("1.0.0") with
        {
            Stage = ModelStage.Production,
            Provenance = new ModelProvenance
            {
                TrainingJob = "train-penguins",
                DataSources = [new DataSourceDigest { Name = "penguins", Digest = Sources.Old }],
                Source = new SourceRevision { Repository = "https://git.example.com/penguins", Commit = "5c1a07e0b4d2f3968a7be1c0d9f8e7a6b5c4d3e2" },
            },
            Evaluation = Evaluation(0.9412, 0.93),
            Gates = Gates,
            Approvals = new ModelApprovals { Granted = [Approve("alice@example.com", now.AddHours(2), "figures and card reviewed")] },
        },
        Status = Status(Sources.Digest("penguin-species 1.0.0"), now, ModelVersionPhase.Ready, "verified, 3 gates passed, approved by alice@example.com", gates: "3 of 3 gates passed", approved: "approved by alice@example.com"),
    };

    /// <summary>Failed a gate.</summary>
    public static ModelVersion Rc1(DateTimeOffset now)
    {
        const string failure = "accuracy for sex=female is 0.81, below the minimum 0.85";
        var status = Status(Sources.Digest("penguin-species 1.1.0-rc.1"), now, ModelVersionPhase.Failed, failure, gates: failure, approved: "0 of 1 approvals given");
        return Version("1.1.0-rc.1", now) with { Spec = Spec("1.1.0-rc.1") with { Evaluation = Evaluation(0.95, 0.81), Gates = Gates }, Status = With(With(status, "GatesPassed", "False", "GateFailed"), "Approved", "False", "AwaitingApproval") };
    }

    /// <summary>Is being rolled out.</summary>
    public static ModelVersion V110(DateTimeOffset now) => Version("1.1.0", now) with
    {
        Spec = Spec("1.1.0") with
        {
            Stage = ModelStage.Production,
            Provenance = new ModelProvenance { TrainingJob = "train-penguins-better", DataSources = [new DataSourceDigest { Name = "penguins", Digest = Sources.New }] },
            Evaluation = Evaluation(0.9647, 0.95),
            Gates = Gates,
            Approvals = new ModelApprovals { ValidFor = new Duration("90d"), Granted = [Approve("alice@example.com", now.AddHours(1), "better on every slice")] },
        },
        Status = Status(Sources.Digest("penguin-species 1.1.0"), now, ModelVersionPhase.Ready, "verified, 3 gates passed, approved by alice@example.com", gates: "3 of 3 gates passed", approved: "approved by alice@example.com", extraOperator: "Softmax") with
        {
            ExpiresAt = now.AddHours(1).AddDays(90),
        },
    };

    /// <summary>Waits for its second approval.</summary>
    public static ModelVersion V200(DateTimeOffset now)
    {
        const string waits = "1 of 2 approvals given (alice@example.com); approve with: kubectl enterpriseai model approve penguin-species-2.0.0 -n research";
        var version = Version("2.0.0", now) with
        {
            Spec = Spec("2.0.0") with
            {
                Card = new ModelCard { IntendedUse = "Tell the species of an adult penguin.", Owner = "team-antarctica", RiskClass = RiskClass.Minimal },
                Evaluation = Evaluation(0.97, 0.96),
                Gates = Gates,
                Approvals = new ModelApprovals
                {
                    Required = 2,
                    ValidFor = new Duration("90d"),
                    Granted = [Approve("dave@example.com", now.AddHours(1), null), Approve("alice@example.com", now.AddHours(2), "figures reviewed"), Approve("dave@example.com", now.AddHours(3), "not my model") with { Decision = ApproverDecision.Withdraw }],
                },
            },
            Status = Status(Sources.Digest("penguin-species 2.0.0"), now, ModelVersionPhase.AwaitingApproval, waits, gates: "3 of 3 gates passed", approved: waits),
        };
        return version with { Status = With(version.Status!, "Approved", "False", "AwaitingApproval") };
    }

    public static ModelVersion Version(string version, DateTimeOffset now) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = $"penguin-species-{version}",
            Namespace = PenguinCluster.Namespace,
            Annotations = new Dictionary<string, string> { ["enterpriseai.io/created-by"] = "bob@example.com" },
        },
        Spec = Spec(version),
    };

    public static Approval Approve(string by, DateTimeOffset at, string? comment) => new() { By = by, At = at, Comment = comment };

    private static EvaluationGate[] Gates =>
    [
        new() { Metric = "accuracy", Minimum = 0.9 },
        new() { Metric = "accuracy", Slice = "sex=*", Minimum = 0.85, MinGroupSize = 20 },
        new() { Metric = "log_loss", Maximum = 0.4 },
    ];

    private static EvaluationResult[] Evaluation(double accuracy, double female) =>
    [
        new() { Metric = "accuracy", Value = accuracy, Dataset = "penguins", Count = 68 },
        new() { Metric = "accuracy", Value = female, Dataset = "penguins", Slice = "sex=female", Count = 33 },
        new() { Metric = "accuracy", Value = 0.95, Dataset = "penguins", Slice = "sex=male", Count = 35 },
        new() { Metric = "log_loss", Value = Math.Round(0.4 - accuracy / 4, 4), Dataset = "penguins", Count = 68 },
    ];

    private static ModelVersionSpec Spec(string version) => new()
    {
        Model = "penguin-species",
        Version = version,
        Artifact = new ModelArtifact { Uri = $"pvc://models/penguin-species/{version}", Digest = Sources.Digest($"penguin-species {version}") },
        Signature = new SignatureRequirement { PublicKey = new PublicKeySource { SecretKeyRef = new SecretKeyReference { Name = "model-signing-pub", Key = "cosign.pub" } } },
        Card = new ModelCard
        {
            IntendedUse = "Tell the species of an adult penguin of the Palmer archipelago from four body measures.",
            Limitations = "Three species, adults, one archipelago; nothing else.",
            License = "CC0-1.0",
            Owner = "team-antarctica",
            RiskClass = RiskClass.Minimal,
        },
    };

    private static ModelVersionStatus Status(string digest, DateTimeOffset now, ModelVersionPhase phase, string ready, string gates, string approved, string? extraOperator = null) => new()
    {
        ObservedGeneration = 1,
        Phase = phase,
        Digest = digest,
        Signer = new ModelSigner { KeyId = Key },
        VerifiedAt = Verified,
        NextVerificationAt = Verified.AddDays(1),
        Interface = new ModelInterface
        {
            Inputs = [new ModelTensor { Name = "features", Datatype = "FP32", Shape = [-1, 4] }],
            Outputs = [new ModelTensor { Name = "label", Datatype = "INT64", Shape = [-1] }, new ModelTensor { Name = "probabilities", Datatype = "FP32", Shape = [-1, 3] }],
        },
        Graph = new ModelGraph
        {
            IrVersion = 8,
            Producer = "enterpriseai-agent",
            OperatorSets = [new OperatorSet { Domain = "ai.onnx", Version = 17 }],
            Operators = ["Gemm", "Relu", "ArgMax", .. extraOperator is null ? Array.Empty<string>() : [extraOperator]],
        },
        Conditions =
        [
            Condition(now, "ArtifactAvailable", "True", "ArtifactRead", "the artifact was read"),
            Condition(now, "SignatureVerified", "True", "SignatureValid", $"signed by the key {Key}"),
            Condition(now, "GatesPassed", "True", "GatesPassed", gates),
            Condition(now, "Approved", "True", "Approved", approved),
            Condition(now, "Ready", phase == ModelVersionPhase.Ready ? "True" : "False", phase.ToString(), ready),
        ],
    };

    private static ModelVersionStatus With(ModelVersionStatus status, string type, string is_, string reason) => status with
    {
        Conditions = [.. status.Conditions.Select(c => c.Type == type ? c with { Status = is_, Reason = reason } : c)],
    };

    private static V1Condition Condition(DateTimeOffset now, string type, string status, string reason, string message) =>
        new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = now.AddMinutes(2) };
}
