using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>One immutable artifact of one model. Only stage, approvals, revoked and revokedReason can change.</summary>
[CelRule("!(has(oldSelf.revoked) && oldSelf.revoked) || (has(self.revoked) && self.revoked)", "a revocation cannot be undone; publish a new version")]
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

    /// <summary>True takes the version out of service for good.</summary>
    [Default(false)]
    public bool Revoked { get; init; }

    /// <summary>Why the version was revoked.</summary>
    [MaxLength(1024)]
    public string? RevokedReason { get; init; }
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
