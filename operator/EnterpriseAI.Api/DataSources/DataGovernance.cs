using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Who may use data for what, and how it has to be kept.</summary>
public sealed record DataGovernance
{
    /// <summary>Purposes for which a training job may read the data. Empty: every purpose.</summary>
    [ListSet, MaxItems(64), MaxLength(63)]
    public IReadOnlyList<string> PermittedPurposes { get; init => field = value ?? []; } = [];

    /// <summary>Legal basis of the processing of personal data (Article 6 of the GDPR).</summary>
    public LegalBasis? LegalBasis { get; init; }

    /// <summary>How long the data may be kept, such as 365d.</summary>
    public Duration? Retention { get; init; }

    /// <summary>Region where the data is kept, such as eu-west-1.</summary>
    [MaxLength(64)]
    public string? Region { get; init; }

    /// <summary>How the data is encrypted, as declared by its owner.</summary>
    public EncryptionDeclaration? Encryption { get; init; }
}

/// <summary>Legal basis of the processing of personal data (Article 6 of the GDPR).</summary>
[JsonConverter(typeof(EnumNameConverter<LegalBasis>))]
public enum LegalBasis
{
    /// <summary>Consent of the person (6.1.a).</summary>
    Consent,

    /// <summary>Performance of a contract (6.1.b).</summary>
    Contract,

    /// <summary>Compliance with a legal obligation (6.1.c).</summary>
    LegalObligation,

    /// <summary>Vital interests of a person (6.1.d).</summary>
    VitalInterests,

    /// <summary>A task in the public interest (6.1.e).</summary>
    PublicTask,

    /// <summary>Legitimate interests (6.1.f).</summary>
    LegitimateInterests,
}

/// <summary>How data is encrypted, as declared by its owner.</summary>
public sealed record EncryptionDeclaration
{
    /// <summary>True when the stored bytes are encrypted.</summary>
    [Default(false)]
    public bool AtRest { get; init; }

    /// <summary>True when the bytes are encrypted on the network.</summary>
    [Default(false)]
    public bool InTransit { get; init; }
}
