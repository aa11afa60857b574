using System.Globalization;

namespace EnterpriseAI.Audit.Checkpoints;

/// <summary>What a log commits to (C2SP tlog-checkpoint): its name, how many entries it has and the root over them.</summary>
/// <param name="Origin">The log's name; equals the name of its key.</param>
/// <param name="Size">The number of entries.</param>
/// <param name="Root">The RFC 6962 root over them.</param>
public sealed record Checkpoint(string Origin, long Size, Hash256 Root)
{
    /// <summary>The file's name in a log and in its copy.</summary>
    public const string FileName = "checkpoint";

    /// <summary>Signs it; the bytes are what <c>GET /checkpoint</c> serves.</summary>
    public byte[] Sign(LogSigningKey key) =>
        SignedNote.Sign(string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root.ToBase64()}\n"), key);

    /// <summary>Checks the signature and reads it.</summary>
    /// <param name="note">The signed note.</param>
    /// <param name="key">The key that the caller trusts; its name must be the origin.</param>
    /// <exception cref="FormatException">It is malformed, not signed by the key, or of another log.</exception>
    public static Checkpoint Open(ReadOnlySpan<byte> note, LogVerifierKey key)
    {
        var checkpoint = ParseText(SignedNote.Open(note, key));
        return checkpoint.Origin == key.Name
            ? checkpoint
            : throw new FormatException($"it is of the log '{checkpoint.Origin}', not of '{key.Name}'");
    }

    /// <summary>Reads it without looking at the signatures.</summary>
    /// <exception cref="FormatException">It is malformed.</exception>
    /// <remarks>Caveats: nothing in the result may be believed. It tells what to download, not what is true.</remarks>
    public static Checkpoint ReadUnverified(ReadOnlySpan<byte> note) => ParseText(SignedNote.TextOf(note));

    private static Checkpoint ParseText(string text)
    {
        var lines = text.Split('\n');
        if (lines.Length < 4) throw new FormatException("it has no origin, size and root on lines of their own");
        if (!long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size)
            || size.ToString(CultureInfo.InvariantCulture) != lines[1])
            throw new FormatException("its second line is not a number of entries");
        if (!LogVerifierKey.TryDecode(lines[2], out var root) || root.Length != Hash256.Size)
            throw new FormatException("its third line is not the base64 of a SHA-256 root");
        return new Checkpoint(lines[0], size, Hash256.Read(root));
    }
}
