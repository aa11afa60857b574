using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>An entry of a log to be made, with its promise, its place in the tree and the checkpoint of the tree.</summary>
internal sealed record MiniLogEntry
{
    private const int TreeSize = 11;

    public required MiniKey Key { get; init; }

    /// <summary>The log's name in checkpoints.</summary>
    public required string Name { get; init; }

    public required byte[] LogId { get; init; }

    /// <summary>What stands before the tree's size in the checkpoint.</summary>
    public required string Origin { get; init; }

    public required string Kind { get; init; }

    public required string Version { get; init; }

    public required byte[] Body { get; init; }

    /// <summary>The index that the entry says it has.</summary>
    public required long LogIndex { get; init; }

    public int Index { get; init; } = 6;

    public DateTimeOffset? IntegratedTime { get; init; }

    /// <summary>The key that signs the promise, if there is one.</summary>
    public MiniKey? PromiseKey { get; init; }

    public bool HasProof { get; init; } = true;

    public bool HasCheckpoint { get; init; } = true;

    public Func<byte[], byte[]> Root { get; init; } = static root => root;

    public byte[]? CheckpointRoot { get; init; }

    public int? CheckpointSize { get; init; }

    public MiniKey? CheckpointKey { get; init; }

    /// <summary>The lines under the checkpoint, of which the log's is given.</summary>
    public Func<string, string[]> SignatureLines { get; init; } = static line => [line];

    /// <summary>Lines after the root.</summary>
    public string Extra { get; init; } = "";

    public static MiniLogEntry Of(MiniShape shape, JsonObject body)
    {
        var isV2 = shape.Log is MiniLog.RekorV2;
        var key = isV2 ? MiniSigstore.RekorV2Key : MiniSigstore.RekorV1Key;
        var name = isV2 ? "rekor2.example.com" : "rekor1.example.com";
        return new MiniLogEntry
        {
            Key = key,
            Name = name,
            LogId = isV2 ? MiniTrustedRoot.NoteKeyId(name, key) : SHA256.HashData(key.SubjectPublicKeyInfo),
            Origin = isV2 ? name : $"{name} - 5041",
            Kind = body["kind"]!.GetValue<string>(),
            Version = body["apiVersion"]!.GetValue<string>(),
            Body = Encoding.UTF8.GetBytes(body.ToJsonString()),
            // Rekor v1 counts on over all its trees.
            LogIndex = isV2 ? 6 : 1006,
            IntegratedTime = isV2 ? null : MiniSigstore.Now,
            PromiseKey = isV2 ? null : key,
        };
    }

    public TransparencyLogEntry Make()
    {
        byte[][] leaves = [.. Enumerable.Range(0, TreeSize).Select(i => MiniTree.Leaf(i == Index ? Body : Encoding.UTF8.GetBytes($"entry {i}")))];
        var root = Root(MiniTree.Root(leaves));
        return new TransparencyLogEntry
        {
            LogIndex = LogIndex,
            LogId = LogId,
            Kind = Kind,
            Version = Version,
            IntegratedTime = IntegratedTime?.ToUnixTimeSeconds() ?? 0,
            SignedEntryTimestamp = PromiseKey is { } key ? key.Sign(Encoding.UTF8.GetBytes(Promise())) : (ReadOnlyMemory<byte>?)null,
            InclusionProof = HasProof
                ? new InclusionProof(Index, root, TreeSize, [.. MiniTree.Path(Index, leaves).Select(hash => (ReadOnlyMemory<byte>)hash)], HasCheckpoint ? Checkpoint(root) : null) : null,
            CanonicalizedBody = Body,
        };
    }

    /// <summary>A line under a checkpoint.</summary>
    public static string SignatureLine(string name, byte[] keyId, byte[] signature) => $"— {name} {Convert.ToBase64String([.. keyId[..4], .. signature])}";

    private string Checkpoint(byte[] root)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{CheckpointSize ?? TreeSize}\n{Convert.ToBase64String(CheckpointRoot ?? root)}\n{Extra}");
        var own = SignatureLine(Name, LogId, (CheckpointKey ?? Key).Sign(Encoding.UTF8.GetBytes(text)));
        return $"{text}\n{string.Concat(SignatureLines(own).Select(line => line + "\n"))}";
    }

    // Keys in order and no spaces (RFC 8785).
    private string Promise() => new JsonObject
    {
        ["body"] = Convert.ToBase64String(Body),
        ["integratedTime"] = IntegratedTime?.ToUnixTimeSeconds() ?? 0,
        ["logID"] = Convert.ToHexStringLower(LogId),
        ["logIndex"] = LogIndex,
    }.ToJsonString(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
