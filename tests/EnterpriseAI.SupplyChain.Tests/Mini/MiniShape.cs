namespace EnterpriseAI.SupplyChain.Tests.Mini;

internal enum MiniVersion
{
    V01,
    V02,
    V03,
    V03Old,
}

internal enum MiniContent
{
    Message,
    Envelope,
}

internal enum MiniLog
{
    RekorV1,
    RekorV2,
    None,
}

/// <summary>The kind of entry that Rekor v1 has for an envelope.</summary>
internal enum MiniEnvelopeEntry
{
    Dsse,
    InToto,
}

/// <summary>What kind of valid bundle to make.</summary>
internal sealed record MiniShape
{
    public MiniVersion Version { get; init; } = MiniVersion.V03;

    public MiniContent Content { get; init; }

    public MiniLog Log { get; init; }

    public MiniEnvelopeEntry EnvelopeEntry { get; init; }

    public bool Timestamped { get; init; }

    /// <summary>Signed by a managed key rather than a certificate.</summary>
    public bool Managed { get; init; }

    /// <summary>Every bundle that must verify.</summary>
    public static IEnumerable<MiniShape> Valid() =>
        from version in Enum.GetValues<MiniVersion>()
        from content in Enum.GetValues<MiniContent>()
        from log in Enum.GetValues<MiniLog>()
        from entry in Enum.GetValues<MiniEnvelopeEntry>()
        from timestamped in new[] { false, true }
        from managed in new[] { false, true }
        let shape = new MiniShape { Version = version, Content = content, Log = log, EnvelopeEntry = entry, Timestamped = timestamped, Managed = managed }
        where shape.IsValid
        select shape;

    private bool IsValid =>
        // Other entries than those for envelopes of Rekor v1 have one form only.
        (EnvelopeEntry is MiniEnvelopeEntry.Dsse || (Content is MiniContent.Envelope && Log is MiniLog.RekorV1))
        // Bundles v0.1 need a promise, which Rekor v2 does not give.
        && !(Version is MiniVersion.V01 && Log is MiniLog.RekorV2)
        // A certificate needs a time that somebody vouches for.
        && (Managed || Timestamped || Log is MiniLog.RekorV1);

    public override string ToString() =>
        $"{Version} {Content} {Log}{(Log is MiniLog.RekorV1 && Content is MiniContent.Envelope ? $" {EnvelopeEntry}" : "")}{(Managed ? " key" : " certificate")}{(Timestamped ? " timestamped" : "")}";
}
