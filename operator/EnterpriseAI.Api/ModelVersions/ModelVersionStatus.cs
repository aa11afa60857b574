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

    /// <summary>Digest that was computed from the artifact's bytes: "sha256:" and 64 hexadecimal digits.</summary>
    public string? Digest { get; init; }

    /// <summary>Who signed the artifact.</summary>
    public ModelSigner? Signer { get; init; }

    /// <summary>Tensors that the model takes and gives.</summary>
    public ModelInterface? Interface { get; init; }

    /// <summary>When digest and signature were verified.</summary>
    public DateTimeOffset? VerifiedAt { get; init; }

    /// <summary>Conditions ArtifactAvailable, SignatureVerified, GatesPassed, Approved and Ready.</summary>
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

    /// <summary>Must not be served; the condition Ready says why.</summary>
    Failed,

    /// <summary>Taken out of service by spec.revoked.</summary>
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
