using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Reads key files: small text, bounded.</summary>
internal static class KeyFile
{
    private const long MaxBytes = 64 << 10;

    public static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return Encoding.UTF8.GetString((await ArtifactReader.ReadBoundedAsync(path, MaxBytes, cancellationToken).ConfigureAwait(false)).Span);
        }
        catch (SupplyChainException)
        {
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"'{path}' is larger than {MaxBytes} bytes: it is not a key");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.KeyInvalid, $"the key '{path}' cannot be read: {e.Message}", e);
        }
    }
}
