using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>The logs and authorities of a Sigstore instance that are trusted, each with the time for which it is (<c>trusted_root.json</c>).</summary>
/// <remarks>Whoever can change this file decides what verifies: get it from where you trust it, and keep it as a key.</remarks>
public sealed class TrustedRoot
{
    private const int MaxBytes = 4 << 20;

    internal TrustedRoot(IReadOnlyList<TrustedLog> transparencyLogs, IReadOnlyList<TrustedLog> certificateLogs,
        IReadOnlyList<TrustedAuthority> certificateAuthorities, IReadOnlyList<TrustedAuthority> timestampAuthorities)
    {
        TransparencyLogs = transparencyLogs;
        CertificateLogs = certificateLogs;
        CertificateAuthorities = certificateAuthorities;
        TimestampAuthorities = timestampAuthorities;
        Signatures = new KnownSignatures([.. certificateAuthorities.Concat(timestampAuthorities).SelectMany(static authority => authority.Chain)]);
    }

    internal IReadOnlyList<TrustedLog> TransparencyLogs { get; }

    internal IReadOnlyList<TrustedLog> CertificateLogs { get; }

    internal IReadOnlyList<TrustedAuthority> CertificateAuthorities { get; }

    internal IReadOnlyList<TrustedAuthority> TimestampAuthorities { get; }

    internal KnownSignatures Signatures { get; }

    /// <summary>Trusts nobody: for signatures by a managed key that no log has recorded.</summary>
    public static TrustedRoot Empty { get; } = new([], [], [], []);

    /// <summary>Reads a trusted root.</summary>
    /// <exception cref="VerificationException">It is not one; the message names the field.</exception>
    public static TrustedRoot Deserialize(string json) => Deserialize(Encoding.UTF8.GetBytes(json));

    /// <summary>Reads a trusted root.</summary>
    /// <param name="json">The trusted root as UTF-8.</param>
    /// <param name="name">What to call it in errors.</param>
    /// <exception cref="VerificationException">It is not one; the message names the field.</exception>
    public static TrustedRoot Deserialize(ReadOnlyMemory<byte> json, string name = "trusted root") => Deserialize(json, name, CheckSet.All);

    internal static TrustedRoot Deserialize(ReadOnlyMemory<byte> json, string name, CheckSet checks) => json.Length <= MaxBytes
        ? ProtoMessage.Parse(json, name, VerificationStep.TrustedRootFormat, new TrustedRootReader(checks).Read)
        : throw new VerificationException(VerificationStep.TrustedRootFormat, $"'{name}' is larger than {MaxBytes} bytes: it is not a trusted root");

    /// <summary>Reads a trusted root file.</summary>
    /// <exception cref="SupplyChainException">The file cannot be read, or is not a trusted root.</exception>
    public static async Task<TrustedRoot> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            return Deserialize(await SmallFile.ReadAsync(path, MaxBytes, "trusted root", cancellationToken).ConfigureAwait(false), path);
        }
        catch (SupplyChainException e) when (e is not VerificationException)
        {
            throw new SupplyChainException(SupplyChainReason.TrustedRootInvalid, e.Message, e);
        }
    }
}
