using System.Globalization;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>What a log signed about its tree (C2SP tlog-checkpoint), as a signed note with signatures that were not checked yet.</summary>
/// <param name="Text">What is signed.</param>
/// <param name="Origin">The log's name.</param>
/// <param name="Size">The number of entries.</param>
/// <param name="RootHash">The root over them.</param>
/// <param name="Signatures">Signatures of the log, and of witnesses that saw the checkpoint.</param>
internal sealed record Checkpoint(ReadOnlyMemory<byte> Text, string Origin, long Size, ReadOnlyMemory<byte> RootHash, IReadOnlyList<NoteSignature> Signatures)
{
    private const string SignatureLineStart = "— ";
    private const int KeyHintBytes = 4;
    private const int MaxLength = 64 << 10;
    private const int MaxSignatures = 64;

    /// <exception cref="VerificationException"><see cref="VerificationStep.CheckpointFormat"/>.</exception>
    public static Checkpoint Parse(string note)
    {
        if (note.Length > MaxLength)
            throw Malformed($"it is longer than {MaxLength} characters");
        if (note.Any(static c => c < ' ' && c != '\n'))
            throw Malformed("it holds control characters");
        // The last empty line: whoever signs a text with empty lines signs all of it.
        var end = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (end < 0 || !note.EndsWith('\n'))
            throw Malformed("it is not a text, an empty line and signatures");
        var text = note[..(end + 1)];
        var lines = text.Split('\n');
        if (lines.Length < 4 || lines[0].Length == 0)
            throw Malformed("it has no origin, size and root on lines of their own");
        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size.ToString(CultureInfo.InvariantCulture) != lines[1])
            throw Malformed("its second line is not a number of entries");
        if (FromBase64(lines[2]) is not { Length: MerkleInclusion.HashBytes } root)
            throw Malformed("its third line is not the base64 of a SHA-256 root");
        return new Checkpoint(Encoding.UTF8.GetBytes(text), lines[0], size, root, [.. SignatureLines(note[(end + 2)..])]);
    }

    private static IEnumerable<NoteSignature> SignatureLines(string part)
    {
        var lines = part.Split('\n')[..^1];
        if (lines.Length > MaxSignatures)
            throw Malformed($"it has more than {MaxSignatures} signatures");
        foreach (var line in lines)
        {
            var space = line.LastIndexOf(' ');
            if (!line.StartsWith(SignatureLineStart, StringComparison.Ordinal) || space <= SignatureLineStart.Length
                || FromBase64(line[(space + 1)..]) is not { Length: > KeyHintBytes } blob)
                throw Malformed("a signature line is not '— NAME BASE64'");
            yield return new NoteSignature(line[SignatureLineStart.Length..space], blob.AsMemory(0, KeyHintBytes), blob.AsMemory(KeyHintBytes));
        }
    }

    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) ? bytes[..length] : null;
    }

    private static VerificationException Malformed(string why) => new(VerificationStep.CheckpointFormat, $"the log's checkpoint is malformed: {why}");
}

/// <summary>A signature of a note.</summary>
/// <param name="Name">Who signed.</param>
/// <param name="KeyHint">The first bytes of the name of the key.</param>
/// <param name="Signature">The signature.</param>
internal sealed record NoteSignature(string Name, ReadOnlyMemory<byte> KeyHint, ReadOnlyMemory<byte> Signature);
