using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.Audit.Checkpoints;

/// <summary>
/// The public key of a log, in the form of C2SP signed-note: <c>NAME+KEYID+BASE64</c>. Its name is the log's origin.
/// </summary>
/// <remarks>Caveats: whoever verifies must have this key from a place that the log cannot write to.</remarks>
public sealed class LogVerifierKey
{
    internal const byte Ed25519Type = 1;

    private readonly byte[] _publicKey;

    internal LogVerifierKey(string name, byte[] publicKey)
    {
        Name = name;
        _publicKey = publicKey;
        byte[] input = [.. Encoding.UTF8.GetBytes(name), (byte)'\n', Ed25519Type, .. publicKey];
        KeyId = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(input));
    }

    /// <summary>The key's name, which equals the origin of the log.</summary>
    public string Name { get; }

    /// <summary>The short identifier that signature lines carry. It identifies; it does not protect.</summary>
    public uint KeyId { get; }

    /// <summary>Reads the text form; surrounding white space is allowed, so a file's content can be passed as it is.</summary>
    /// <exception cref="FormatException">The text is not an Ed25519 verifier key, or its key id does not fit its key.</exception>
    public static LogVerifierKey Parse(string text)
    {
        var parts = text.Trim().Split('+', 3);
        if (parts.Length != 3 || !IsName(parts[0])) throw Malformed("it is not NAME+KEYID+BASE64");
        if (!TryDecode(parts[2], out var key) || key.Length != 1 + Ed25519.PublicKeyBytes || key[0] != Ed25519Type)
            throw Malformed("the part after the key id is not the base64 of an Ed25519 key");
        var parsed = new LogVerifierKey(parts[0], key[1..]);
        if (parsed.KeyIdText != parts[1]) throw Malformed($"its key id is {parsed.KeyIdText}, not {parts[1]}");
        return parsed;

        static FormatException Malformed(string why) => new($"not a verifier key of a log: {why}");
    }

    /// <summary>The text form.</summary>
    public override string ToString() => $"{Name}+{KeyIdText}+{Convert.ToBase64String([Ed25519Type, .. _publicKey])}";

    internal string KeyIdText => KeyId.ToString("x8", CultureInfo.InvariantCulture);

    internal bool Verify(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature) => Ed25519.Verify(_publicKey, text, signature);

    internal static bool IsName(string name) => name.Length > 0 && !name.Any(c => c == '+' || char.IsWhiteSpace(c) || char.IsControl(c));

    // Convert accepts white space and loose last bits; neither may go unnoticed in something signed.
    internal static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, bytes, out var written)) return false;
        bytes = bytes[..written];
        return Convert.ToBase64String(bytes) == text;
    }
}
