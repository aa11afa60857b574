using System.IO.Compression;

namespace EnterpriseAI.Data.Sources;

/// <summary>Refuses early, with a better message than a parser's, what is plainly not of its format.</summary>
internal static class FormatProbe
{
    private const int Probed = 64 * 1024;
    private const int MaxNesting = 256;

    public static void Check(string file, DataFormat format)
    {
        using var stream = File.OpenRead(file);
        var head = new byte[(int)Math.Min(Probed, stream.Length)];
        stream.ReadExactly(head);
        if (format == DataFormat.Parquet)
        {
            CheckParquet(file, stream, head);
            return;
        }

        if (head.AsSpan().StartsWith("PAR1"u8)) throw Unreadable(file, format, "it is a Parquet file; set format to Parquet");
        var compressed = head.AsSpan().StartsWith<byte>([0x1f, 0x8b]);
        if (compressed != file.EndsWith(".gz", StringComparison.Ordinal))
            throw Unreadable(file, format, compressed ? "it is compressed; name it .gz" : "it is named .gz and is not compressed; rename it");
        if (compressed)
        {
            if (format == DataFormat.Json) CheckNestingCompressed(file, stream);
            return;
        }

        if (head is [0xff, 0xfe, ..] or [0xfe, 0xff, ..]) throw Unreadable(file, format, "it is UTF-16; write it as UTF-8");
        if (head.AsSpan().Contains((byte)0)) throw Unreadable(file, format, "it contains NUL bytes, so it is not text; write it as UTF-8");
        if (format != DataFormat.Json) return;
        stream.Seek(0, SeekOrigin.Begin);
        CheckNesting(file, stream);
    }

    private static void CheckNestingCompressed(string file, FileStream stream)
    {
        stream.Seek(0, SeekOrigin.Begin);
        using var text = new GZipStream(stream, CompressionMode.Decompress, leaveOpen: true);
        try
        {
            CheckNesting(file, text);
        }
        catch (InvalidDataException e)
        {
            throw Unreadable(file, DataFormat.Json, $"it is not intact gzip: {e.Message}");
        }
    }

    private static void CheckParquet(string file, FileStream stream, byte[] head)
    {
        if (!head.AsSpan().StartsWith("PAR1"u8)) throw Unreadable(file, DataFormat.Parquet, "it does not begin with PAR1; write it again, or set another format");
        Span<byte> tail = stackalloc byte[4];
        if (stream.Length < 12) throw Unreadable(file, DataFormat.Parquet, $"it has {stream.Length} bytes only; write it again");
        stream.Seek(-4, SeekOrigin.End);
        stream.ReadExactly(tail);
        if (!tail.SequenceEqual("PAR1"u8)) throw Unreadable(file, DataFormat.Parquet, "it does not end with PAR1, so it was cut off; write it again");
    }

    // DuckDB's reader is recursive: a document nested deeply enough overflows the stack, which ends the process.
    private static void CheckNesting(string file, Stream stream)
    {
        var buffer = new byte[Probed];
        var depth = 0;
        var inText = false;
        var escaped = false;
        for (int read; (read = stream.Read(buffer)) > 0;)
        {
            foreach (var b in buffer.AsSpan(0, read))
            {
                // A text cannot hold a raw line break: one that seems to was never closed, and what follows is structure again.
                if (b == '\n') inText = escaped = false;
                else if (escaped) escaped = false;
                else if (inText && b == '\\') escaped = true;
                else if (b == '"') inText = !inText;
                else if (inText) continue;
                else if (b is (byte)'[' or (byte)'{' && ++depth > MaxNesting)
                    throw Unreadable(file, DataFormat.Json, $"it is nested more than {MaxNesting} levels deep, or its brackets do not match; flatten or mend it");
                else if (b is (byte)']' or (byte)'}') depth--;
            }
        }
    }

    private static DataSourceException Unreadable(string file, DataFormat format, string why) =>
        new(DataSourceReasons.UnreadableFormat, $"{file} cannot be read as {format}: {why}");
}
