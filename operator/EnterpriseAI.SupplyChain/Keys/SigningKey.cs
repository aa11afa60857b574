using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Reads private signing keys.</summary>
public static class SigningKey
{
    /// <summary>Reads an unencrypted PKCS#8 or SEC 1 PEM file of an ECDSA key on P-256, P-384 or P-521. The caller disposes it.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.KeyInvalid"/>, naming the file, never the key.</exception>
    public static async Task<ECDsa> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        var pem = await KeyFile.ReadAsync(path, cancellationToken).ConfigureAwait(false);
        if (pem.Contains("BEGIN ENCRYPTED", StringComparison.Ordinal))
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{path}' is encrypted: give an unencrypted PKCS#8 PEM (BEGIN PRIVATE KEY)");
        if (!PemEncoding.TryFind(pem, out var fields) || pem[fields.Label] is not ("PRIVATE KEY" or "EC PRIVATE KEY"))
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{path}' is not a private key: give a PKCS#8 PEM (BEGIN PRIVATE KEY)");
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            _ = EcdsaPublicKey.Of(key, path);
            return key;
        }
        catch (Exception e)
        {
            key.Dispose();
            if (e is CryptographicException or PlatformNotSupportedException or ArgumentException)
                throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{path}' is not an ECDSA private key: {e.Message}", e);
            throw;
        }
    }
}
