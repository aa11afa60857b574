using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Signs artifacts in the OpenSSF Model Signing v1.0 format with a managed key.</summary>
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
    public static async Task<ModelSignature> SignAsync(string path, ECDsa key, string? name = null,
        ArtifactLimits? limits = null, CancellationToken cancellationToken = default)
    {
        var publicKey = EcdsaPublicKey.Of(key);
        var artifact = await ArtifactReader.HashAsync(path, limits, null, cancellationToken).ConfigureAwait(false);
        var payload = ModelManifest.Write(artifact, name ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))));
        var signature = EcdsaPublicKey.Sign(key, Dsse.PreAuthenticationEncoding(ModelSignatureBundle.PayloadType, payload));
        var file = ArtifactPaths.SignatureOf(path);
        await WriteAsync(file, ModelSignatureBundle.Write(payload, signature, publicKey.KeyId), cancellationToken).ConfigureAwait(false);
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
            File.Delete(temporary);
        }
    }
}

/// <summary>What signing gave.</summary>
/// <param name="Digest">The digest of the signed artifact.</param>
/// <param name="KeyId">See <see cref="EcdsaPublicKey.KeyId"/>.</param>
/// <param name="File">The signature file that was written.</param>
public sealed record ModelSignature(ModelDigest Digest, string KeyId, string File);
