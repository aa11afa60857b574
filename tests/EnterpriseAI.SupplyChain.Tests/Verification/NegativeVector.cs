using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Verification;

/// <summary>A bundle of the miniature instance with exactly one thing wrong; everything else is valid and signed as it then is.</summary>
/// <param name="Step">The only check that refuses it.</param>
/// <param name="Name">What is wrong.</param>
/// <param name="Shape">The kind of bundle.</param>
/// <param name="Change">Makes it wrong.</param>
internal sealed record NegativeVector(VerificationStep Step, string Name, MiniShape Shape, Action<MiniSigstore> Change)
{
    private static readonly Lazy<IReadOnlyList<NegativeVector>> Every = new(() =>
        [.. CertificateVectors.All(), .. TimestampVectors.All(), .. LogVectors.All(), .. ContentVectors.All(), .. ImageVectors.All()]);

    /// <summary>The check whose failure lets another one refuse: evidence of strangers counts as absent.</summary>
    public VerificationStep? AlsoKeptOutBy { get; init; }

    public static IReadOnlyList<NegativeVector> All => Every.Value;

    public static MiniShape V1 { get; } = new() { Timestamped = true };

    public static MiniShape V2 { get; } = new() { Log = MiniLog.RekorV2, Timestamped = true };

    public static MiniShape Chain { get; } = V1 with { Version = MiniVersion.V02 };

    public static MiniShape Envelope { get; } = V1 with { Content = MiniContent.Envelope };

    public static MiniShape InToto { get; } = Envelope with { EnvelopeEntry = MiniEnvelopeEntry.InToto };

    public static MiniShape EnvelopeV2 { get; } = V2 with { Content = MiniContent.Envelope };

    public static MiniShape Managed { get; } = V1 with { Managed = true };

    public MiniCase Make()
    {
        var instance = new MiniSigstore(Shape);
        Change(instance);
        return instance.Build();
    }

    public override string ToString() => $"{Step}: {Name}";
}
