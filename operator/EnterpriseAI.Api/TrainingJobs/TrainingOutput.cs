using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>The model that a job registers when it succeeds.</summary>
public sealed record TrainingOutput
{
    /// <summary>Name of the model. The ModelVersion is called model-version.</summary>
    [Required, Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), MaxLength(63)]
    public string Model { get; init => field = value ?? ""; } = "";

    /// <summary>Version in the form of semver.org, such as 1.0.0 or 1.0.0-rc.1.</summary>
    [Required, MinLength(1), MaxLength(63)]
    public string Version { get; init => field = value ?? ""; } = "";

    /// <summary>Where the pods leave the artifact: pvc://claim/path, a file or folder on a volume of the same namespace.</summary>
    [Required, Pattern("^pvc://[^/]+/.+$"), MaxLength(2048)]
    public string Artifact { get; init => field = value ?? ""; } = "";

    /// <summary>Secret whose key "cosign.key" holds the private key (PKCS#8 PEM, ECDSA P-256) the artifact is signed with. Left out: it is not signed.</summary>
    [MaxLength(253)]
    public string? SigningKeySecret { get; init; }

    /// <summary>Secret and key with the public key that the ModelVersion refers to. Left out: key "cosign.pub" of the Secret named like signingKeySecret with "-pub" appended.</summary>
    public SecretKeyReference? PublicKeyRef { get; init; }

    /// <summary>What the ModelVersion says beyond what the job knows.</summary>
    public ModelVersionTemplate? ModelVersion { get; init; }
}

/// <summary>What a job writes into the ModelVersion that it creates.</summary>
public sealed record ModelVersionTemplate
{
    /// <summary>The model's card.</summary>
    public ModelCard? Card { get; init; }

    /// <summary>What the evaluation must reach.</summary>
    [MaxItems(100)]
    public IReadOnlyList<EvaluationGate> Gates { get; init => field = value ?? []; } = [];

    /// <summary>How many persons must approve. Left out: none.</summary>
    public ApprovalRequirement? Approvals { get; init; }

    /// <summary>Stage of the version.</summary>
    [Default(ModelStage.Candidate)]
    public ModelStage Stage { get; set; } = ModelStage.Candidate;
}

/// <summary>How many persons must approve.</summary>
public sealed record ApprovalRequirement
{
    /// <summary>Number of approvals by different persons.</summary>
    [Default(1), Minimum(0), Maximum(10)]
    public int Required { get; set; } = 1;
}
