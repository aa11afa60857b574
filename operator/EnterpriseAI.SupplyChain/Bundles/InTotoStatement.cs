using System.Text.Json;

namespace EnterpriseAI.SupplyChain;

/// <summary>An in-toto statement: artifacts by their digests, and what is said about them.</summary>
/// <param name="Type">The version of the statement's form.</param>
/// <param name="Subject">The artifacts.</param>
/// <param name="PredicateType">What kind of thing is said.</param>
/// <param name="Predicate">What is said; null for nothing.</param>
public sealed record InTotoStatement(string Type, IReadOnlyList<InTotoSubject> Subject, string PredicateType, JsonElement? Predicate)
{
    private const int MaxSubjects = 100_000;
    private const int MaxDigests = 64;

    /// <summary>True for a version whose subjects are known to mean what they mean here.</summary>
    internal bool IsKnownType => Type is "https://in-toto.io/Statement/v1" or "https://in-toto.io/Statement/v0.1";

    internal static InTotoStatement Parse(ReadOnlyMemory<byte> payload) =>
        // Unknown fields are left alone, as in-toto asks of its readers.
        ProtoMessage.Parse(payload, "statement", VerificationStep.StatementFormat, static message => new InTotoStatement(
            message.Text("_type"),
            [.. message.Messages("subject", MaxSubjects).Select(static subject => new InTotoSubject(subject.Text("name"), subject.Map("digest", MaxDigests)))],
            message.Text("predicateType"),
            message.Json("predicate")));
}

/// <summary>An artifact that a statement is about.</summary>
/// <param name="Name">Its name, which means nothing here.</param>
/// <param name="Digest">Its digests in hexadecimal by algorithm, e.g. <c>sha256</c>.</param>
public sealed record InTotoSubject(string Name, IReadOnlyDictionary<string, string> Digest);
