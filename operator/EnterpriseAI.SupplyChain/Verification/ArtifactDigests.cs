using System.Buffers;
using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>An artifact by its digests and, where a signature asks for it, its bytes.</summary>
internal sealed class ArtifactDigests
{
    private const int BufferBytes = 1 << 20;

    private readonly Dictionary<HashAlgorithmName, byte[]> _digests = [];

    private ArtifactDigests()
    {
    }

    /// <summary>The artifact's bytes; null unless they were asked for.</summary>
    public ReadOnlyMemory<byte>? Message { get; private init; }

    /// <summary>Null when the artifact was given by another digest.</summary>
    public byte[]? Digest(HashAlgorithmName hash) => _digests.GetValueOrDefault(hash);

    public static ArtifactDigests Of(HashAlgorithmName hash, ReadOnlySpan<byte> digest) => digest.Length == SigstoreHash.Bytes(hash)
        ? new ArtifactDigests { _digests = { [hash] = digest.ToArray() } }
        : throw new ArgumentException($"a {hash.Name} digest has {SigstoreHash.Bytes(hash)} bytes, not {digest.Length}", nameof(digest));

    public static ArtifactDigests Of(ReadOnlyMemory<byte> artifact, IReadOnlySet<HashAlgorithmName> hashes)
    {
        var digests = new ArtifactDigests { Message = artifact };
        foreach (var hash in hashes)
            digests._digests[hash] = CryptographicOperations.HashData(hash, artifact.Span);
        return digests;
    }

    /// <summary>Reads the artifact once for all the hashes.</summary>
    public static async Task<ArtifactDigests> ReadAsync(Stream stream, IReadOnlySet<HashAlgorithmName> hashes, CancellationToken cancellationToken)
    {
        var incremental = hashes.Select(IncrementalHash.CreateHash).ToList();
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int count; (count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
                foreach (var hash in incremental)
                    hash.AppendData(buffer, 0, count);
            var digests = new ArtifactDigests();
            foreach (var hash in incremental)
                digests._digests[hash.AlgorithmName] = hash.GetHashAndReset();
            return digests;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            incremental.ForEach(static hash => hash.Dispose());
        }
    }
}
