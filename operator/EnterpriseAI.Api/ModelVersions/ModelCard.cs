using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>What a model is for and what it is not.</summary>
public sealed record ModelCard
{
    /// <summary>Uses that the model was made for.</summary>
    [MaxLength(8192)]
    public string? IntendedUse { get; init; }

    /// <summary>Uses and circumstances in which it must not be relied on.</summary>
    [MaxLength(8192)]
    public string? Limitations { get; init; }

    /// <summary>Licence of the model, as SPDX expression.</summary>
    [MaxLength(253)]
    public string? License { get; init; }

    /// <summary>Team or person accountable for the model.</summary>
    [MaxLength(253)]
    public string? Owner { get; init; }

    /// <summary>Risk class in the sense of the EU AI Act.</summary>
    public RiskClass? RiskClass { get; init; }
}
