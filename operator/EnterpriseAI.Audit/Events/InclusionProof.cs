using EnterpriseAI.Audit.Merkle;

namespace EnterpriseAI.Audit;

/// <summary>Proof that one entry is in the tree of one size. All hashes are base64.</summary>
/// <param name="Index">The entry's position.</param>
/// <param name="Size">The size of the tree.</param>
/// <param name="LeafHash">The RFC 6962 leaf hash of the entry's bytes.</param>
/// <param name="RootHash">The root of the tree of this size.</param>
/// <param name="Hashes">The audit path, from the leaf upwards; checked by <see cref="MerkleProofVerifier.VerifyInclusion"/>.</param>
public sealed record InclusionProof(long Index, long Size, string LeafHash, string RootHash, IReadOnlyList<string> Hashes);
