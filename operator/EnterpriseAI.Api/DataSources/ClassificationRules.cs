using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Which sensitive content is looked for, and the declared confidentiality.</summary>
public sealed record ClassificationRules
{
    /// <summary>Families of sensitive content to look for. Empty: all.</summary>
    [ListSet, MaxItems(3)]
    public IReadOnlyList<SensitiveContent> Frameworks { get; init => field = value ?? []; } = [];

    /// <summary>Confidence from which a column counts as sensitive, from 0 to 1.</summary>
    [Default(0.85), Minimum(0), Maximum(1)]
    public double ConfidenceThreshold { get; set; } = 0.85;

    /// <summary>Declared confidentiality. What is found can raise it in the status, never lower it.</summary>
    public ConfidentialityLevel? Level { get; init; }
}

/// <summary>A family of sensitive content.</summary>
[JsonConverter(typeof(EnumNameConverter<SensitiveContent>))]
public enum SensitiveContent
{
    /// <summary>Data that identifies a person.</summary>
    Pii,

    /// <summary>Data on a person's health.</summary>
    Phi,

    /// <summary>Card and account numbers.</summary>
    Financial,
}

/// <summary>Confidentiality of data, from low to high.</summary>
[JsonConverter(typeof(EnumNameConverter<ConfidentialityLevel>))]
public enum ConfidentialityLevel
{
    /// <summary>Anyone may read it.</summary>
    Public,

    /// <summary>For members of the organisation.</summary>
    Internal,

    /// <summary>For those who need it.</summary>
    Confidential,

    /// <summary>For named persons.</summary>
    Restricted,
}
