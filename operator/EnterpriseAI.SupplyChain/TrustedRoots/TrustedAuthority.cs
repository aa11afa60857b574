namespace EnterpriseAI.SupplyChain;

/// <summary>A certificate authority or a timestamp authority that a trusted root vouches for.</summary>
/// <param name="Uri">Its address.</param>
/// <param name="Chain">Its certificates; the last is the anchor.</param>
/// <param name="Validity">When the root vouches for it.</param>
internal sealed record TrustedAuthority(string Uri, IReadOnlyList<Certificate> Chain, ValidityPeriod Validity)
{
    public IReadOnlyList<Certificate> Anchors { get; } = [Chain[^1]];

    public IReadOnlyList<Certificate> Intermediates { get; } = [.. Chain.SkipLast(1)];

    /// <summary>The one certificate that signs for the authority; null when it may be any that the authority issued.</summary>
    public Certificate? Signer { get; } = Chain[0].BasicConstraints is { IsAuthority: true } ? null : Chain[0];

    public string Name => Uri.Length > 0 ? Uri : Chain[0].Name;
}
