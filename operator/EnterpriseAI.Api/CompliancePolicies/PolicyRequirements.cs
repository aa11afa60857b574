using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>What resources must have.</summary>
public sealed record PolicyRequirements
{
    /// <summary>True: every served model version has a verified signature.</summary>
    [Default(false)]
    public bool Signature { get; init; }

    /// <summary>Approvals that every served model version must have. Left out: as many as it asks for itself.</summary>
    [Minimum(0), Maximum(10)]
    public int? Approvals { get; init; }

    /// <summary>True: every model version has a card with intended use, limitations and owner.</summary>
    [Default(false)]
    public bool Card { get; init; }

    /// <summary>True: the provenance of every served model version holds: its training job and the digests of its data.</summary>
    [Default(false)]
    public bool Provenance { get; init; }

    /// <summary>Kinds of attestations that every served model version must have verified. Empty: none.</summary>
    [ListSet, MaxItems(4)]
    public IReadOnlyList<AttestationType> Attestations { get; init => field = value ?? []; } = [];

    /// <summary>
    /// Builders that the verified SLSA provenance of every served model version must name, with * for any characters, such as
    /// "https://github.com/acme/*". Empty: any, and provenance is not asked for.
    /// </summary>
    [ListSet, MaxItems(64), MinLength(1), MaxLength(512)]
    public IReadOnlyList<string> Builders { get; init => field = value ?? []; } = [];

    /// <summary>Licences that a model may have, as SPDX identifiers such as Apache-2.0. Empty: any.</summary>
    [ListSet, MaxItems(200), MaxLength(128), Pattern("^[A-Za-z0-9.+-]+$")]
    public IReadOnlyList<string> Licenses { get; init => field = value ?? []; } = [];

    /// <summary>True: every data source declares encryption at rest and in transit.</summary>
    [Default(false)]
    public bool Encryption { get; init; }

    /// <summary>Regions where data may be, with * for any characters, such as "eu-*". Empty: any.</summary>
    [ListSet, MaxItems(64), MaxLength(64), Pattern("^[A-Za-z0-9*][A-Za-z0-9*-]*$")]
    public IReadOnlyList<string> Regions { get; init => field = value ?? []; } = [];

    /// <summary>Highest risk class that may serve. Left out: any but Unacceptable.</summary>
    public RiskClass? MaxRiskClass { get; init; }
}
