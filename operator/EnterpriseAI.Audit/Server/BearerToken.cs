using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.Audit.Server;

/// <summary>The token that appends must present. Read at each use, so that a rotated Secret needs no restart.</summary>
internal sealed class BearerToken(string? file)
{
    private const string Scheme = "Bearer ";

    /// <exception cref="FormatException">The file is empty.</exception>
    public void Check()
    {
        if (file is not null) _ = Read();
    }

    public bool Allows(HttpRequest request)
    {
        if (file is null) return true;
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(Hash(header[Scheme.Length..].Trim()), Hash(Read()));
    }

    private string Read()
    {
        var token = File.ReadAllText(file!).Trim();
        return token.Length > 0 ? token : throw new FormatException($"{file}: the token is empty");
    }

    // Equal lengths, whatever was sent.
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
