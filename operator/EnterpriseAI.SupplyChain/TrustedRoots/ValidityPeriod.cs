namespace EnterpriseAI.SupplyChain;

/// <summary>When a trusted root vouches for a log or an authority. Both ends belong to it.</summary>
/// <param name="Start">The first moment.</param>
/// <param name="End">The last moment; null while it lasts.</param>
internal sealed record ValidityPeriod(DateTimeOffset Start, DateTimeOffset? End)
{
    public bool Contains(DateTimeOffset time) => time >= Start && (End is not { } end || time <= end);

    public override string ToString() => End is { } end ? $"from {Start:u} to {end:u}" : $"from {Start:u}";
}
