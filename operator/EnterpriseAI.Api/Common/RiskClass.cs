using System.Text.Json.Serialization;

namespace EnterpriseAI.Api;

/// <summary>Risk class of an AI system in the sense of the EU AI Act, from low to high.</summary>
[JsonConverter(typeof(EnumNameConverter<RiskClass>))]
public enum RiskClass
{
    /// <summary>No specific duties.</summary>
    Minimal,

    /// <summary>Duties of transparency.</summary>
    Limited,

    /// <summary>High-risk system: risk management, logging, human oversight.</summary>
    High,

    /// <summary>Prohibited practice; never served.</summary>
    Unacceptable,
}
