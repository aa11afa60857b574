using EnterpriseAI.Api;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>What a model card must say to be complete.</summary>
internal static class CardCheck
{
    public const string Condition = "CardComplete";

    /// <summary>The fields of the card that are empty.</summary>
    public static IReadOnlyList<string> Missing(ModelCard? card) =>
    [
        .. string.IsNullOrWhiteSpace(card?.IntendedUse) ? ["intendedUse"] : Array.Empty<string>(),
        .. string.IsNullOrWhiteSpace(card?.Limitations) ? ["limitations"] : Array.Empty<string>(),
        .. string.IsNullOrWhiteSpace(card?.License) ? ["license"] : Array.Empty<string>(),
        .. string.IsNullOrWhiteSpace(card?.Owner) ? ["owner"] : Array.Empty<string>(),
        .. card?.RiskClass is null ? ["riskClass"] : Array.Empty<string>(),
    ];
}
