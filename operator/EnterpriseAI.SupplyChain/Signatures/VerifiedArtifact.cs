namespace EnterpriseAI.SupplyChain;

/// <summary>An artifact that met its <see cref="ModelVerificationPolicy"/>.</summary>
/// <param name="Path">Where it was read from.</param>
/// <param name="IsFolder">False for a single file.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Signer">Who signed it; null when no signature was checked.</param>
/// <param name="Manifest">Its files in code point order.</param>
/// <param name="Files">
/// Exactly the bytes that were verified, by name; empty after <see cref="ModelVerifier.VerifyDigestsAsync"/>.
/// </param>
public sealed record VerifiedArtifact(
    string Path, bool IsFolder, ModelDigest Digest, ModelSignerIdentity? Signer,
    IReadOnlyList<ArtifactFile> Manifest, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files);

/// <summary>Who signed an artifact.</summary>
/// <param name="KeyId">See <see cref="EcdsaPublicKey.KeyId"/>; of the certificate's key if there is one.</param>
/// <param name="Algorithm">In Sigstore's words, e.g. <c>PKIX_ECDSA_P256_SHA_256</c>.</param>
/// <param name="Subject">Whom the certificate names; null for a key.</param>
/// <param name="Issuer">Who vouched for the subject; null without Sigstore.</param>
/// <param name="LogIndex">Where a transparency log has recorded the signature; null without Sigstore.</param>
public sealed record ModelSignerIdentity(string KeyId, string Algorithm, string? Subject = null, string? Issuer = null, long? LogIndex = null);
