using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>What the hash in a log entry is of.</summary>
internal enum LoggedDigest
{
    /// <summary>Of the artifact or, for an envelope, of its pre-authentication encoding: of what the signature is over.</summary>
    OfSignedData,

    /// <summary>Of an envelope's payload.</summary>
    OfPayload,
}

/// <summary>What a log recorded about a signature, whichever kind of entry it is.</summary>
/// <param name="Kind">The kind of entry, e.g. <c>hashedrekord</c>.</param>
/// <param name="Version">The version of the kind.</param>
/// <param name="HashAlgorithm">The hash of <paramref name="Digest"/>; null for one that is not known here.</param>
/// <param name="Digest">A digest.</param>
/// <param name="DigestOf">What the digest is of.</param>
/// <param name="PayloadType">The type of an envelope's payload; null if the entry does not say.</param>
/// <param name="Signatures">Signatures with the key or certificate to check each.</param>
internal sealed record LogEntryBody(
    string Kind, string Version, HashAlgorithmName? HashAlgorithm, ReadOnlyMemory<byte> Digest, LoggedDigest DigestOf, string? PayloadType,
    IReadOnlyList<LoggedSignature> Signatures)
{
    /// <summary>True when the entry is about a signed artifact, false when it can only be about an envelope.</summary>
    public bool IsForArtifacts => Kind is "hashedrekord";

    /// <summary>Rekor v2 signs no promises, so nothing but the proof tells the index of an entry.</summary>
    public bool IsOfRekorV2 => (Kind, Version) is ("hashedrekord", "0.0.2");
}

/// <summary>A signature as a log recorded it.</summary>
/// <param name="Signature">The signature.</param>
/// <param name="Verifier">The DER of a certificate or of a public key.</param>
internal sealed record LoggedSignature(ReadOnlyMemory<byte> Signature, ReadOnlyMemory<byte> Verifier);
