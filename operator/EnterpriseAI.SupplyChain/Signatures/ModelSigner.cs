using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Signs artifacts in the OpenSSF Model Signing v1.0 format with a managed key or a certificate of an own authority.</summary>
public static class ModelSigner
{
    /// <summary>Hashes the artifact, signs its manifest and writes <c>model.sig</c> into the folder or beside the file.</summary>
    /// <param name="path">A file or a folder.</param>
    /// <param name="key">A private key on P-256, P-384 or P-521.</param>
    /// <param name="name">The statement's subject name, for information; the last part of the path if left out.</param>
    /// <param name="limits">Bounds on the artifact.</param>
    /// <param name="cancellationToken">Ends the signing; nothing is written then.</param>
    /// <remarks>Guarantees: the signature file is replaced whole or not at all.</remarks>
    /// <exception cref="SupplyChainException">The artifact cannot be read, the key cannot be used or the signature cannot be written.</exception>
    public static Task<ModelSignature> SignAsync(string path, ECDsa key, string? name = null,
        ArtifactLimits? limits = null, CancellationToken cancellationToken = default) =>
        SignAsync(path, key, new ModelSigningOptions { Name = name, Limits = limits ?? ArtifactLimits.Default }, cancellationToken);

    /// <summary>Hashes the artifact, signs its manifest and writes the signature.</summary>
    /// <inheritdoc cref="SignAsync(string, ECDsa, string?, ArtifactLimits?, CancellationToken)"/>
    public static async Task<ModelSignature> SignAsync(string path, ECDsa key, ModelSigningOptions options, CancellationToken cancellationToken = default)
    {
        if (options.ShardSize is <= 0)
            throw new ArgumentException("the size of a shard is at least 1 byte");
        var publicKey = EcdsaPublicKey.Of(key);
        options.Certificate?.Validate(key, options.Time.GetUtcNow());
        var file = options.SignaturePath ?? ArtifactPaths.SignatureOf(path);
        string[] ignored = [.. options.IgnorePaths, .. ArtifactPaths.Below(path, file)];
        var parts = new PartHashing(options.Hash, options.ShardSize);
        var artifact = await ArtifactReader.ReadAsync(path, new ArtifactReading { Limits = options.Limits, IgnorePaths = ignored, Parts = parts }, cancellationToken).ConfigureAwait(false);
        if (artifact.Parts.Count == 0)
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' holds only empty files, which have no ranges to sign: sign whole files");

        IReadOnlyList<string> recorded = artifact.IsFolder ? [.. ArtifactPaths.GitPaths.Append(ArtifactPaths.SignatureFile).Union(ignored, StringComparer.Ordinal)] : [];
        var payload = ModelManifest.Write(artifact, parts, options.Name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))), recorded);
        var signature = EcdsaPublicKey.Sign(key, Dsse.PreAuthenticationEncoding(DsseEnvelope.InTotoPayloadType, payload));
        var material = options.Certificate?.Material ?? new VerificationMaterial { PublicKey = new PublicKeyIdentifier(publicKey.KeyId) };
        await WriteAsync(file, ModelSignatureBundle.Write(payload, signature, material), cancellationToken).ConfigureAwait(false);
        return new ModelSignature(artifact.Digest, publicKey.KeyId, file);
    }

    private static async Task WriteAsync(string file, byte[] bytes, CancellationToken cancellationToken)
    {
        // Outside the artifact's folder a rename might cross volumes; inside it, the name must not look like a model file for long.
        var temporary = $"{file}.{Guid.NewGuid():n}.tmp";
        try
        {
            await File.WriteAllBytesAsync(temporary, bytes, cancellationToken).ConfigureAwait(false);
            File.Move(temporary, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactUnreadable, $"the signature '{file}' cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(temporary))
                File.Delete(temporary);
        }
    }
}

/// <summary>How to sign an artifact.</summary>
public sealed record ModelSigningOptions
{
    /// <summary>The statement's subject name, for information; the last part of the path if null.</summary>
    public string? Name { get; init; }

    /// <summary>Where to write the signature; <see cref="ArtifactPaths.SignatureOf"/> if null.</summary>
    public string? SignaturePath { get; init; }

    /// <summary>Files or folders of the artifact that are not to be signed, relative to it.</summary>
    public IReadOnlyCollection<string> IgnorePaths { get; init; } = [];

    /// <summary>Sign ranges of this many bytes rather than whole files, so that several processors can check one file; null for whole files.</summary>
    public long? ShardSize { get; init; }

    /// <summary>The hash of each file or range. What the model's digest is made of stays SHA-256.</summary>
    public ContentHashKind Hash { get; init; }

    /// <summary>The certificate of the key; null to sign by the key alone.</summary>
    public SigningCertificate? Certificate { get; init; }

    public ArtifactLimits Limits { get; init; } = ArtifactLimits.Default;

    /// <summary>The clock that the certificate is checked by. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>What signing gave.</summary>
/// <param name="Digest">The digest of the signed artifact.</param>
/// <param name="KeyId">See <see cref="EcdsaPublicKey.KeyId"/>.</param>
/// <param name="File">The signature file that was written.</param>
public sealed record ModelSignature(ModelDigest Digest, string KeyId, string File);
