using System.Buffers.Binary;
using System.Text;

namespace EnterpriseAI.Audit.Checkpoints;

/// <summary>A text and the signatures under it, as C2SP signed-note lays them out.</summary>
internal static class SignedNote
{
    private const string LineStart = "— ";
    private const int KeyIdBytes = sizeof(uint);

    // A checkpoint is some hundred bytes; sixteen cosignatures with post-quantum keys stay far below this.
    private const int MaxBytes = 128 * 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static byte[] Sign(string text, LogSigningKey key)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        var blob = new byte[KeyIdBytes + Ed25519.SignatureBytes];
        BinaryPrimitives.WriteUInt32BigEndian(blob, key.Verifier.KeyId);
        key.Sign(bytes).CopyTo(blob, KeyIdBytes);
        return Encoding.UTF8.GetBytes($"{text}\n{LineStart}{key.Verifier.Name} {Convert.ToBase64String(blob)}\n");
    }

    /// <summary>The text of a note that the key signed.</summary>
    /// <exception cref="FormatException">The note is malformed, or the key's signature is missing or wrong.</exception>
    public static string Open(ReadOnlySpan<byte> note, LogVerifierKey key)
    {
        var (text, lines) = Split(note);
        var signed = false;
        foreach (var line in lines)
        {
            var separator = line.LastIndexOf(' ');
            if (!line.StartsWith(LineStart, StringComparison.Ordinal) || separator < LineStart.Length
                || !LogVerifierKey.TryDecode(line[(separator + 1)..], out var blob) || blob.Length <= KeyIdBytes)
                throw new FormatException("a signature line is not '— NAME BASE64'");
            var name = line[LineStart.Length..separator];
            if (!LogVerifierKey.IsName(name)) throw new FormatException("a signature line names no key");
            if (name != key.Name || BinaryPrimitives.ReadUInt32BigEndian(blob) != key.KeyId) continue;
            if (!key.Verify(Encoding.UTF8.GetBytes(text), blob.AsSpan(KeyIdBytes)))
                throw new FormatException($"the signature of {key.Name}+{key.KeyIdText} does not fit the text");
            signed = true;
        }
        return signed ? text : throw new FormatException($"it is not signed by {key.Name}+{key.KeyIdText}");
    }

    /// <summary>The text, whoever signed it.</summary>
    /// <exception cref="FormatException">The note is malformed.</exception>
    public static string TextOf(ReadOnlySpan<byte> note) => Split(note).Text;

    private static (string Text, string[] SignatureLines) Split(ReadOnlySpan<byte> note)
    {
        if (note.Length > MaxBytes) throw new FormatException($"it is longer than {MaxBytes} bytes");
        string all;
        try
        {
            all = StrictUtf8.GetString(note);
        }
        catch (DecoderFallbackException)
        {
            throw new FormatException("it is not valid UTF-8");
        }
        if (all.Any(c => c < ' ' && c != '\n')) throw new FormatException("it holds control characters");
        var blank = all.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (blank < 0 || !all.EndsWith('\n') || blank + 2 >= all.Length) throw new FormatException("it has no text followed by an empty line and signatures");
        return (all[..(blank + 1)], all[(blank + 2)..^1].Split('\n'));
    }
}
