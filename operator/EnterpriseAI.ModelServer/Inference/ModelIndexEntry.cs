namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One version of a model as the repository's index has it.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Version">The version; null for a model that is served without one.</param>
/// <param name="State">See <see cref="ModelState"/>.</param>
/// <param name="Reason">Why it is in that state; empty where nothing needs to be said.</param>
internal sealed record ModelIndexEntry(string Name, string? Version, string State, string Reason);

/// <summary>The states of a model version, in the words of the model repository extension.</summary>
internal static class ModelState
{
    public const string Ready = "READY";
    public const string Unavailable = "UNAVAILABLE";
    public const string Loading = "LOADING";
    public const string Unloading = "UNLOADING";
}
