namespace EnterpriseAI.SupplyChain;

/// <summary>The steps of checking what an attestation says. A refusal names the first that failed.</summary>
public enum AttestationStep
{
    /// <summary>The statement is JSON of the form of in-toto.</summary>
    StatementFormat,

    /// <summary>The statement is of a known version.</summary>
    StatementType,

    /// <summary>The artifact is a subject of the statement.</summary>
    Subject,

    /// <summary>The statement is of the kind that is asked for.</summary>
    PredicateType,

    /// <summary>What is said has the form of its kind.</summary>
    PredicateFormat,

    /// <summary>The artifact was built by an expected builder.</summary>
    Builder,

    /// <summary>The artifact was built in an expected way.</summary>
    BuildType,

    /// <summary>The artifact was built from the expected repository.</summary>
    Source,

    /// <summary>The artifact was built from the expected branch or tag.</summary>
    SourceRef,

    /// <summary>What the build must have used is among what it used.</summary>
    Materials,

    /// <summary>The bill of materials is the expected one.</summary>
    BomDigest,

    /// <summary>The bill of materials lists a model.</summary>
    BomModel,

    /// <summary>The model that it lists is the artifact.</summary>
    BomModelDigest,

    /// <summary>The scan is as recent as it must be.</summary>
    ScanAge,

    /// <summary>The scan found nothing that is severe and not ruled out.</summary>
    Vulnerabilities,
}

/// <summary>What checking an attestation gave.</summary>
/// <param name="Step">The first step that failed; null when all hold.</param>
/// <param name="Message">What was found, or what is wrong and what to do.</param>
public sealed record AttestationFinding(AttestationStep? Step, string Message)
{
    /// <summary>True when the attestation says what it must.</summary>
    public bool Holds => Step is null;

    /// <summary>The builder that provenance names; null for what does not hold or is no provenance.</summary>
    public string? BuilderId { get; init; }

    /// <summary>The repository that provenance names; null where it names none.</summary>
    public string? Source { get; init; }

    internal static AttestationFinding Of(string message) => new(null, message);
}

/// <summary>What an attestation must be about.</summary>
/// <param name="Digest">The artifact's digest.</param>
public sealed record AttestedArtifact(ModelDigest Digest)
{
    /// <summary>The hexadecimal SHA-256 of the artifact's files, for what names a model by its file; none for an image.</summary>
    public IReadOnlySet<string> FileDigests { get; init; } = new HashSet<string>();

    /// <summary>An artifact that was verified.</summary>
    public static AttestedArtifact Of(VerifiedArtifact artifact) => new(artifact.Digest) { FileDigests = artifact.Manifest.Select(static file => file.HexDigest).ToHashSet(StringComparer.Ordinal) };

    internal bool Has(string sha256) => string.Equals(sha256, Digest.Hex, StringComparison.OrdinalIgnoreCase) || FileDigests.Contains(sha256.ToLowerInvariant());
}

/// <summary>What all attestations have in common.</summary>
internal static class Attestation
{
    /// <param name="statement">The payload of an envelope whose signature was verified.</param>
    /// <param name="artifact">What it must be about.</param>
    /// <param name="types">The kinds that will do, or what they begin with before a version.</param>
    /// <param name="check">Checks the predicate of a statement of such a kind.</param>
    public static AttestationFinding Check(ReadOnlyMemory<byte> statement, AttestedArtifact artifact, IReadOnlyList<string> types, Func<string, ProtoMessage, AttestationFinding> check)
    {
        InTotoStatement parsed;
        try
        {
            parsed = InTotoStatement.Parse(statement);
        }
        catch (VerificationException e)
        {
            return new AttestationFinding(AttestationStep.StatementFormat, e.Message);
        }
        if (!parsed.IsKnownType)
            return new AttestationFinding(AttestationStep.StatementType, $"the statement's _type is '{parsed.Type}', not 'https://in-toto.io/Statement/v1'");
        // By the whole artifact only: what is said about one file of it need not hold for the others.
        if (!parsed.Subject.Any(subject => string.Equals(subject.Digest.GetValueOrDefault("sha256"), artifact.Digest.Hex, StringComparison.OrdinalIgnoreCase)))
            return new AttestationFinding(AttestationStep.Subject, $"the statement is not about {artifact.Digest}: attest this artifact, or give the one that is attested");
        if (!types.Any(type => IsOf(type, parsed.PredicateType)))
            return new AttestationFinding(AttestationStep.PredicateType, $"the statement is of the kind '{parsed.PredicateType}', not '{types[0]}'");
        try
        {
            return parsed.Predicate is { } predicate
                ? check(parsed.PredicateType, ProtoMessage.Of(predicate, "predicate", VerificationStep.StatementFormat))
                : new AttestationFinding(AttestationStep.PredicateFormat, "the statement says nothing: its predicate is missing");
        }
        catch (VerificationException e)
        {
            return new AttestationFinding(AttestationStep.PredicateFormat, e.Message);
        }
    }

    private static bool IsOf(string type, string predicateType) =>
        predicateType == type || (predicateType.StartsWith(type + "/v", StringComparison.Ordinal) && predicateType.AsSpan(type.Length + 2).IndexOfAnyExcept("0123456789.") < 0);
}
