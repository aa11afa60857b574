using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>One immutable artifact of one model. Only stage, ttlSecondsAfterArchived, approvals, revoked and revokedReason can change.</summary>
[CelRule("!(has(oldSelf.revoked) && oldSelf.revoked) || (has(self.revoked) && self.revoked)", "a revocation cannot be undone; publish a new version")]
[CelRule("!has(self.attestations) || has(self.signature) || self.attestations.all(a, has(a.signature))", "every attestation needs a signature where spec.signature is left out")]
public sealed record ModelVersionSpec
{
    /// <summary>Name of the model.</summary>
    [Required, Immutable, Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), MaxLength(63)]
    public string Model { get; init => field = value ?? ""; } = "";

    /// <summary>Version in the form of semver.org, such as 1.0.0 or 1.0.0-rc.1.</summary>
    [Required, Immutable, MinLength(1), MaxLength(63)]
    public string Version { get; init => field = value ?? ""; } = "";

    /// <summary>The artifact.</summary>
    [Required, Immutable]
    public ModelArtifact Artifact { get; init => field = value ?? new(); } = new();

    /// <summary>Where the artifact comes from.</summary>
    [Immutable]
    public ModelProvenance? Provenance { get; init; }

    /// <summary>Who must have signed the artifact. Left out: the signature is not checked, and a policy may refuse the version.</summary>
    [Immutable]
    public SignatureRequirement? Signature { get; init; }

    /// <summary>Signed statements about the artifact that must hold before the version may serve: how it was built, what it is made of, what a scan found.</summary>
    [Immutable, ListMapKey("name"), MaxItems(16)]
    public IReadOnlyList<ModelAttestation> Attestations { get; init => field = value ?? []; } = [];

    /// <summary>When digest, signature and attestations are verified again. Left out: once a day.</summary>
    [Immutable]
    public VerificationSchedule? Verification { get; init; }

    /// <summary>What the model is for and what it is not.</summary>
    [Immutable]
    public ModelCard? Card { get; init; }

    /// <summary>Measured results.</summary>
    [Immutable, MaxItems(500)]
    public IReadOnlyList<EvaluationResult> Evaluation { get; init => field = value ?? []; } = [];

    /// <summary>What the evaluation must reach. A gate without a matching result is not passed.</summary>
    [Immutable, MaxItems(100)]
    public IReadOnlyList<EvaluationGate> Gates { get; init => field = value ?? []; } = [];

    /// <summary>Approvals that are needed and given. Left out: none is needed.</summary>
    public ModelApprovals? Approvals { get; init; }

    /// <summary>Stage of the version.</summary>
    [Default(ModelStage.Candidate)]
    public ModelStage Stage { get; set; } = ModelStage.Candidate;

    /// <summary>
    /// Seconds after it was archived when the version is deleted, unless a service still uses it; the artifact and the audit log stay.
    /// Left out: never.
    /// </summary>
    [Minimum(0)]
    public long? TtlSecondsAfterArchived { get; init; }

    /// <summary>True takes the version out of service for good.</summary>
    [Default(false)]
    public bool Revoked { get; init; }

    /// <summary>Why the version was revoked.</summary>
    [MaxLength(1024)]
    public string? RevokedReason { get; init; }
}

/// <summary>When an artifact is verified again, and with what.</summary>
public sealed record VerificationSchedule
{
    /// <summary>Time from one verification to the next, at least 1m. 0s: never again.</summary>
    [Default("24h")]
    public Duration Interval { get; set; } = new("24h");

    /// <summary>
    /// Compute resources of the pod that verifies, as in a container. It loads the model, which takes about three times the memory of its
    /// files. Left out: requests of 50m and 64Mi, and a limit of 1Gi.
    /// </summary>
    public V1ResourceRequirements? Resources { get; init; }
}

/// <summary>Stage of a version.</summary>
[JsonConverter(typeof(EnumNameConverter<ModelStage>))]
public enum ModelStage
{
    /// <summary>Under test.</summary>
    Candidate,

    /// <summary>Meant to serve.</summary>
    Production,

    /// <summary>Kept for the record; not served.</summary>
    Archived,
}
