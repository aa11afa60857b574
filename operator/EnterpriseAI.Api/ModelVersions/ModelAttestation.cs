using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>A signed statement about the artifact, and what it must say.</summary>
[CelRule("(self.type == 'SlsaProvenance') == has(self.slsaProvenance)", "slsaProvenance is needed for the type SlsaProvenance, and not allowed for the others")]
[CelRule("!has(self.billOfMaterials) || self.type in ['CycloneDx', 'Spdx']", "billOfMaterials is for the types CycloneDx and Spdx")]
[CelRule("!has(self.vulnerabilities) || self.type == 'Vulnerabilities'", "vulnerabilities is for the type Vulnerabilities")]
[CelRule("!has(self.vex) || self.vex.size() == 0 || self.type == 'Vulnerabilities'", "vex is for the type Vulnerabilities")]
public sealed record ModelAttestation
{
    /// <summary>Name by which the status and the messages speak of it.</summary>
    [Required, Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"), MaxLength(63)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>What kind of statement it is.</summary>
    [Required]
    public AttestationType Type { get; init; }

    /// <summary>Where the statement is.</summary>
    [Required]
    public AttestationBundle Bundle { get; init => field = value ?? new(); } = new();

    /// <summary>
    /// OpenVEX documents by the same signer, which say of vulnerabilities that they do not matter. For the type Vulnerabilities only.
    /// </summary>
    [MaxItems(8)]
    public IReadOnlyList<AttestationBundle> Vex { get; init => field = value ?? []; } = [];

    /// <summary>Who must have signed the statement. Left out: whoever must have signed the artifact (spec.signature).</summary>
    public SignatureRequirement? Signature { get; init; }

    /// <summary>How the artifact must have been built. Needed for the type SlsaProvenance, and for it only.</summary>
    public ProvenanceRequirement? SlsaProvenance { get; init; }

    /// <summary>What must hold for a bill of materials. For the types CycloneDx and Spdx. Left out: it lists the artifact as a model.</summary>
    public BillOfMaterialsRequirement? BillOfMaterials { get; init; }

    /// <summary>What a scan may have found. For the type Vulnerabilities. Left out: nothing of high severity or above, at any time.</summary>
    public VulnerabilityRequirement? Vulnerabilities { get; init; }
}

/// <summary>A kind of statement about an artifact.</summary>
[JsonConverter(typeof(EnumNameConverter<AttestationType>))]
public enum AttestationType
{
    /// <summary>SLSA provenance v1 or v0.2: who built the artifact, how, and from what.</summary>
    SlsaProvenance,

    /// <summary>A bill of materials in CycloneDX.</summary>
    CycloneDx,

    /// <summary>A bill of materials in SPDX 2 or 3.</summary>
    Spdx,

    /// <summary>What a vulnerability scan found.</summary>
    Vulnerabilities,
}

/// <summary>Where a Sigstore bundle with a signed in-toto statement is.</summary>
public sealed record AttestationBundle
{
    /// <summary>ConfigMap and key that hold the bundle as JSON, such as <c>cosign attest-blob --bundle</c> writes it.</summary>
    [Required]
    public ConfigMapKeyReference ConfigMapKeyRef { get; init => field = value ?? new(); } = new();
}

/// <summary>How an artifact must have been built.</summary>
[CelRule("!has(self.sourceRef) || has(self.source)", "a branch or tag means something in its repository only: set source, too")]
public sealed record ProvenanceRequirement
{
    /// <summary>Builders that are trusted, exactly as provenance names them. At least one: provenance is worth as much as its builder.</summary>
    [Required, ListSet, MinItems(1), MaxItems(16), MinLength(1), MaxLength(512)]
    public IReadOnlyList<string> BuilderIds { get; init => field = value ?? []; } = [];

    /// <summary>Ways of building that will do, exactly. Empty: any.</summary>
    [ListSet, MaxItems(16), MinLength(1), MaxLength(512)]
    public IReadOnlyList<string> BuildTypes { get; init => field = value ?? []; } = [];

    /// <summary>Repository that it must be built from, such as https://github.com/acme/model. Left out: any.</summary>
    [MinLength(1), MaxLength(2048)]
    public string? Source { get; init; }

    /// <summary>Branch or tag that it must be built from, such as refs/heads/main; needs source. Left out: any.</summary>
    [MinLength(1), MaxLength(512)]
    public string? SourceRef { get; init; }

    /// <summary>What the build must have used, by digest: "sha256:" and 64, or "gitCommit:" and 40 or 64 hexadecimal digits.</summary>
    [ListSet, MaxItems(64), Pattern("^(sha256:[0-9a-f]{64}|gitCommit:([0-9a-f]{40}|[0-9a-f]{64}))$"), MaxLength(74)]
    public IReadOnlyList<string> Materials { get; init => field = value ?? []; } = [];
}

/// <summary>What must hold for a bill of materials.</summary>
public sealed record BillOfMaterialsRequirement
{
    /// <summary>SHA-256 of the bill as it stands in the statement: "sha256:" and 64 hexadecimal digits. Left out: any.</summary>
    [Pattern("^sha256:[0-9a-f]{64}$"), MaxLength(71)]
    public string? Digest { get; init; }

    /// <summary>True: the bill lists the model, by the artifact's digest or that of one of its files.</summary>
    [Default(true)]
    public bool RequireModel { get; set; } = true;
}

/// <summary>What a vulnerability scan may have found.</summary>
public sealed record VulnerabilityRequirement
{
    /// <summary>Least severity that is refused, unless a VEX document rules the vulnerability out.</summary>
    [Default(VulnerabilitySeverity.High)]
    public VulnerabilitySeverity Refuse { get; set; } = VulnerabilitySeverity.High;

    /// <summary>
    /// How old the scan may be, such as 7d; looked at whenever the version is verified (spec.verification.interval). Left out: any age.
    /// </summary>
    public Duration? MaxAge { get; init; }
}

/// <summary>How severe a vulnerability is. What a scanner does not know counts as critical.</summary>
[JsonConverter(typeof(EnumNameConverter<VulnerabilitySeverity>))]
public enum VulnerabilitySeverity
{
    /// <summary>Little harm.</summary>
    Low,

    /// <summary>Some harm.</summary>
    Medium,

    /// <summary>Much harm.</summary>
    High,

    /// <summary>The worst.</summary>
    Critical,
}
