using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>What was observed of a model version.</summary>
public sealed record ModelVersionStatus
{
    /// <summary>Generation of the spec that this status speaks of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>Where the version stands.</summary>
    public ModelVersionPhase? Phase { get; init; }

    /// <summary>Stage that the operator saw last.</summary>
    public ModelStage? Stage { get; init; }

    /// <summary>Digest that was computed from the artifact's bytes: "sha256:" and 64 hexadecimal digits.</summary>
    public string? Digest { get; init; }

    /// <summary>Who signed the artifact.</summary>
    public ModelSigner? Signer { get; init; }

    /// <summary>What came of the attestations that spec.attestations asks for.</summary>
    [ListMapKey("name"), MaxItems(16)]
    public IReadOnlyList<VerifiedAttestation> Attestations { get; init => field = value ?? []; } = [];

    /// <summary>Tensors that the model takes and gives.</summary>
    public ModelInterface? Interface { get; init; }

    /// <summary>Since when the version is archived.</summary>
    public DateTimeOffset? ArchivedAt { get; init; }

    /// <summary>How many entries of spec.approvals.granted stand in the audit log.</summary>
    public int RecordedDecisions { get; init; }

    /// <summary>What the model is made of, read without running it.</summary>
    public ModelGraph? Graph { get; init; }

    /// <summary>When digest and signature were verified last.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>The state of the ConfigMaps with the label enterpriseai.io/evidence that the last verification rests on. Left out: it rests on none.</summary>
    public string? Evidence { get; init; }

    /// <summary>When they are verified again.</summary>
    public DateTimeOffset? NextVerificationAt { get; init; }

    /// <summary>When the version stops being ready by itself, because approvals or the trust in its signer end then. Left out: never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Conditions ArtifactAvailable, SignatureVerified, AttestationsVerified, ProvenanceVerified, CardComplete, GatesPassed, Approved, Expiring and Ready.</summary>
    [ListMapKey("type")]
    public IReadOnlyList<V1Condition> Conditions { get; init => field = value ?? []; } = [];
}

/// <summary>Where a model version stands.</summary>
[JsonConverter(typeof(EnumNameConverter<ModelVersionPhase>))]
public enum ModelVersionPhase
{
    /// <summary>Not looked at yet.</summary>
    Pending,

    /// <summary>Digest and signature are being checked.</summary>
    Verifying,

    /// <summary>Verified; approvals are missing.</summary>
    AwaitingApproval,

    /// <summary>May be served.</summary>
    Ready,

    /// <summary>An approver rejected it.</summary>
    Rejected,

    /// <summary>Must not be served; the condition Ready says why.</summary>
    Failed,

    /// <summary>Taken out of service by spec.revoked, or because a policy distrusts its signer or its data.</summary>
    Revoked,

    /// <summary>Kept for the record by spec.stage.</summary>
    Archived,
}

/// <summary>Who signed an artifact.</summary>
public sealed record ModelSigner
{
    /// <summary>Subject of the signing certificate. Left out: signed with a key.</summary>
    public string? Identity { get; init; }

    /// <summary>Issuer that vouched for the identity.</summary>
    public string? Issuer { get; init; }

    /// <summary>Fingerprint of the key: SHA-256 of its SPKI, in hexadecimal.</summary>
    public string? KeyId { get; init; }

    /// <summary>Index of the signature in the transparency log.</summary>
    public long? LogIndex { get; init; }
}

/// <summary>What came of one attestation.</summary>
public sealed record VerifiedAttestation
{
    /// <summary>Name of the attestation in spec.attestations.</summary>
    [Required]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>What kind of statement it is.</summary>
    public AttestationType Type { get; init; }

    /// <summary>True when it is signed as asked for and says what it must.</summary>
    public bool Verified { get; init; }

    /// <summary>First step that failed, such as Builder, ScanAge or BundleMissing. Left out: it holds.</summary>
    public string? Step { get; init; }

    /// <summary>What was found, or what is wrong and what to do.</summary>
    public string? Message { get; init; }

    /// <summary>Builder that verified provenance names.</summary>
    public string? BuilderId { get; init; }

    /// <summary>Repository that verified provenance names.</summary>
    public string? Source { get; init; }

    /// <summary>Who signed the statement. Left out: it does not hold.</summary>
    public ModelSigner? Signer { get; init; }
}

/// <summary>Tensors that a model takes and gives.</summary>
public sealed record ModelInterface
{
    /// <summary>Tensors that the model takes.</summary>
    [MaxItems(1000)]
    public IReadOnlyList<ModelTensor> Inputs { get; init => field = value ?? []; } = [];

    /// <summary>Tensors that the model gives.</summary>
    [MaxItems(1000)]
    public IReadOnlyList<ModelTensor> Outputs { get; init => field = value ?? []; } = [];
}

/// <summary>What a model is made of.</summary>
public sealed record ModelGraph
{
    /// <summary>Version of the ONNX file format.</summary>
    public long? IrVersion { get; init; }

    /// <summary>Program that wrote the file.</summary>
    public string? Producer { get; init; }

    /// <summary>Operator sets that the model needs, such as ai.onnx 17.</summary>
    [MaxItems(100)]
    public IReadOnlyList<OperatorSet> OperatorSets { get; init => field = value ?? []; } = [];

    /// <summary>Operators that occur, such as Gemm or com.example::Fast; the most frequent first.</summary>
    [MaxItems(200)]
    public IReadOnlyList<string> Operators { get; init => field = value ?? []; } = [];

    /// <summary>Operators that neither ONNX nor ONNX Runtime nor the model itself defines, such as com.example::Fast.</summary>
    [MaxItems(200)]
    public IReadOnlyList<string> CustomOperators { get; init => field = value ?? []; } = [];

    /// <summary>Files beside the model that hold its weights.</summary>
    [MaxItems(100)]
    public IReadOnlyList<string> ExternalData { get; init => field = value ?? []; } = [];

    /// <summary>Operators that make tensors of 256 MiB or more of constants alone: memory that the model takes though its file is small.</summary>
    [MaxItems(100)]
    public IReadOnlyList<LargeConstant> LargeConstants { get; init => field = value ?? []; } = [];
}

/// <summary>An operator that makes a large tensor of constants alone.</summary>
public sealed record LargeConstant
{
    /// <summary>The operator, such as ConstantOfShape.</summary>
    public string Operator { get; init => field = value ?? ""; } = "";

    /// <summary>The tensor that it makes.</summary>
    public string Output { get; init => field = value ?? ""; } = "";

    /// <summary>Size of the tensor.</summary>
    public long Bytes { get; init; }
}

/// <summary>A set of operators.</summary>
public sealed record OperatorSet
{
    /// <summary>Domain; ai.onnx is the standard's own.</summary>
    public string Domain { get; init => field = value ?? ""; } = "";

    /// <summary>Version.</summary>
    public long Version { get; init; }
}

/// <summary>A tensor.</summary>
public sealed record ModelTensor
{
    /// <summary>Name.</summary>
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Datatype of the Open Inference Protocol, such as FP32 or BYTES.</summary>
    public string Datatype { get; init => field = value ?? ""; } = "";

    /// <summary>Size of each dimension; -1 where it varies.</summary>
    [MaxItems(64)]
    public IReadOnlyList<long> Shape { get; init => field = value ?? []; } = [];
}
