namespace EnterpriseAI.SupplyChain;

/// <summary>One file of an artifact: its path relative to the artifact with <c>/</c> separators, its size in bytes and its SHA-256.</summary>
public sealed record ArtifactFile(string Name, long Bytes, ReadOnlyMemory<byte> Sha256)
{
    internal string HexDigest => Convert.ToHexStringLower(Sha256.Span);
}
