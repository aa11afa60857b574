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

    /// <summary>True: every data source declares encryption at rest and in transit.</summary>
    [Default(false)]
    public bool Encryption { get; init; }

    /// <summary>Regions where data may be, with * for any characters, such as "eu-*". Empty: any.</summary>
    [ListSet, MaxItems(64), MaxLength(64), Pattern("^[A-Za-z0-9*][A-Za-z0-9*-]*$")]
    public IReadOnlyList<string> Regions { get; init => field = value ?? []; } = [];

    /// <summary>Highest risk class that may serve. Left out: any but Unacceptable.</summary>
    public RiskClass? MaxRiskClass { get; init; }
}
