using System.Security.Cryptography;

namespace EnterpriseAI.Audit.Checkpoints;

/// <summary>The private key of a log, in the form <c>PRIVATE+KEY+NAME+KEYID+BASE64</c> that signed-note tools know.</summary>
public sealed class LogSigningKey
{
    private const string Prefix = "PRIVATE+KEY+";

    private readonly byte[] _seed;

    private LogSigningKey(string name, byte[] seed)
    {
        _seed = seed;
        Verifier = new LogVerifierKey(name, Ed25519.PublicKey(seed));
    }

    /// <summary>The public key that belongs to it.</summary>
    public LogVerifierKey Verifier { get; }

    /// <summary>A new random key.</summary>
    /// <param name="name">The log's origin: not empty, without white space and <c>+</c>.</param>
    /// <exception cref="FormatException">The name is not allowed.</exception>
    public static LogSigningKey Generate(string name)
    {
        if (!LogVerifierKey.IsName(name)) throw new FormatException($"'{name}' cannot name a log: a name is not empty and has no white space and no '+'");
        return new LogSigningKey(name, RandomNumberGenerator.GetBytes(Ed25519.SeedBytes));
    }

    /// <summary>Reads the text form; surrounding white space is allowed. The text itself never appears in an error.</summary>
    /// <exception cref="FormatException">The text is not an Ed25519 signing key, or its key id does not fit its key.</exception>
    public static LogSigningKey Parse(string text)
    {
        text = text.Trim();
        if (!text.StartsWith(Prefix, StringComparison.Ordinal)) throw Malformed($"it does not start with {Prefix}");
        var parts = text[Prefix.Length..].Split('+', 3);
        if (parts.Length != 3 || !LogVerifierKey.IsName(parts[0])) throw Malformed($"it is not {Prefix}NAME+KEYID+BASE64");
        if (!LogVerifierKey.TryDecode(parts[2], out var key) || key.Length != 1 + Ed25519.SeedBytes || key[0] != LogVerifierKey.Ed25519Type)
            throw Malformed("the part after the key id is not the base64 of an Ed25519 key");
        var parsed = new LogSigningKey(parts[0], key[1..]);
        if (parsed.Verifier.KeyIdText != parts[1]) throw Malformed("its key id does not fit its key");
        return parsed;

        static FormatException Malformed(string why) => new($"not a signing key of a log: {why}");
    }

    /// <summary>The text form, which is the secret itself.</summary>
    public string ToSecretText() =>
        $"{Prefix}{Verifier.Name}+{Verifier.KeyIdText}+{Convert.ToBase64String([LogVerifierKey.Ed25519Type, .. _seed])}";

    internal byte[] Sign(ReadOnlySpan<byte> text) => Ed25519.Sign(_seed, text);
}
