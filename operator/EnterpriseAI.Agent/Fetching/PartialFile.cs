using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>A file that arrives in chunks, and beside it a record of which have arrived, so that the next process goes on.</summary>
/// <remarks>
/// Invariant: a chunk is marked after its bytes were written. A process that is killed leaves no mark without bytes; a node
/// that loses its power may, which the digest tells.
/// </remarks>
internal sealed class PartialFile : IDisposable
{
    private const int MaxHeaderBytes = 4096;
    private const int MaxChunks = 1 << 20;
    private const byte Missing = (byte)'0';
    private const byte Arrived = (byte)'1';
    private readonly SafeFileHandle _record;
    private readonly byte[] _marks;
    private readonly int _marksAt;

    private PartialFile(SafeFileHandle content, SafeFileHandle record, PartialFileHeader header, byte[] marks, int marksAt)
    {
        (Content, _record, Header, _marks, _marksAt) = (content, record, header, marks, marksAt);
    }

    public SafeFileHandle Content { get; }

    public PartialFileHeader Header { get; }

    /// <summary>The chunks that have not arrived.</summary>
    public IReadOnlyList<int> Wanted => [.. Enumerable.Range(0, _marks.Length).Where(chunk => _marks[chunk] != Arrived)];

    public (long From, long To) RangeOf(int chunk)
        => (chunk * Header.ChunkBytes, Math.Min(Header.Total, (chunk + 1) * Header.ChunkBytes));

    public void Mark(int chunk)
    {
        _marks[chunk] = Arrived;
        RandomAccess.Write(_record, [Arrived], _marksAt + chunk);
    }

    /// <summary>Begins a file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static PartialFile Create(string path, PartialFileHeader header)
    {
        Remove(path);
        var line = JsonSerializer.SerializeToUtf8Bytes(header, PartialFileJson.Default.PartialFileHeader);
        var marks = new byte[header.Chunks];
        marks.AsSpan().Fill(Missing);

        // The record first: content without a record is taken for the beginning of a file.
        var record = File.OpenHandle(RecordOf(path), FileMode.CreateNew, FileAccess.Write);
        try
        {
            RandomAccess.Write(record, [.. line, (byte)'\n', .. marks], 0);
            return new PartialFile(OpenContent(path), record, header, marks, line.Length + 1);
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    /// <summary>What an earlier process began; null when there is nothing that can be gone on with.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PartialFile? TryOpen(string path)
    {
        if (!File.Exists(path) || !File.Exists(RecordOf(path)))
        {
            return null;
        }

        var length = new FileInfo(RecordOf(path)).Length;
        if (length > MaxHeaderBytes + MaxChunks)
        {
            return null;
        }

        var bytes = File.ReadAllBytes(RecordOf(path));
        var end = Array.IndexOf(bytes, (byte)'\n');
        if (end < 0 || HeaderOf(bytes.AsSpan(0, end)) is not { } header || bytes.Length - end - 1 != header.Chunks)
        {
            return null;
        }

        var record = File.OpenHandle(RecordOf(path), FileMode.Open, FileAccess.Write);
        try
        {
            return new PartialFile(OpenContent(path), record, header, bytes[(end + 1)..], end + 1);
        }
        catch
        {
            record.Dispose();
            throw;
        }
    }

    /// <summary>Deletes the file with its record.</summary>
    public static void Remove(string path)
    {
        File.Delete(path);
        File.Delete(RecordOf(path));
    }

    /// <summary>The file is whole: its record goes.</summary>
    public void Complete(string path)
    {
        Dispose();
        File.Delete(RecordOf(path));
    }

    public void Dispose()
    {
        Content.Dispose();
        _record.Dispose();
    }

    private static string RecordOf(string path) => $"{path}.chunks";

    private static SafeFileHandle OpenContent(string path) => File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, options: FileOptions.Asynchronous);

    private static PartialFileHeader? HeaderOf(ReadOnlySpan<byte> line)
    {
        try
        {
            return line.Length <= MaxHeaderBytes && JsonSerializer.Deserialize(line, PartialFileJson.Default.PartialFileHeader) is { Total: > 0, ChunkBytes: > 0 } header
                && header.Total / header.ChunkBytes < MaxChunks ? header : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>What the chunks are of.</summary>
/// <param name="Version">See <see cref="RemoteBody.Version"/>.</param>
/// <param name="Total">The size of the whole file.</param>
/// <param name="ChunkBytes">The size of each chunk but the last.</param>
internal sealed record PartialFileHeader(string Version, long Total, long ChunkBytes)
{
    [JsonIgnore]
    public int Chunks => (int)((Total + ChunkBytes - 1) / ChunkBytes);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(PartialFileHeader))]
internal sealed partial class PartialFileJson : JsonSerializerContext;
