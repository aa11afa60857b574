namespace EnterpriseAI.SupplyChain;

/// <summary>A file that a model signature names, before anything of the signature was verified.</summary>
/// <param name="Name">Relative to the artifact; cannot leave its folder.</param>
/// <param name="Sha256">Of its bytes; null when the signature has hashes of parts of it, or of another kind.</param>
/// <remarks>Good for knowing what to fetch, and for nothing else: who signed it, or whether anybody did, is not known yet.</remarks>
public sealed record AnnouncedFile(string Name, ReadOnlyMemory<byte>? Sha256)
{
    /// <summary>Reads what a signature file names, in code point order.</summary>
    /// <param name="signature">The bytes of the signature file.</param>
    /// <param name="file">What to call it in errors.</param>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Malformed"/>, or a kind that cannot be read here.</exception>
    public static IReadOnlyList<AnnouncedFile> ListOf(ReadOnlyMemory<byte> signature, string file)
    {
        var envelope = SigstoreBundle.Deserialize(signature, file).DsseEnvelope ?? throw ModelManifest.Malformed(file, "it has no dsseEnvelope");
        var manifest = ModelManifest.Read(envelope.Payload.Span, file);
        return [.. manifest.Files.Select(name => new AnnouncedFile(name,
            manifest.Parts is { ShardSize: null, Hash: ContentHashKind.Sha256 } ? Convert.FromHexString(manifest.Resources[name]) : (ReadOnlyMemory<byte>?)null))];
    }
}
