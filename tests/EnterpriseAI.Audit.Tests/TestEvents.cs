using System.Collections.Concurrent;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Storage;

namespace EnterpriseAI.Audit.Tests;

/// <summary>Events and logs that tests are made of.</summary>
internal static class TestEvents
{
    public const string Origin = "example.com/audit";

    private static readonly ConcurrentDictionary<int, (Hash256 Id, byte[] Entry)> Entries = new();

    public static AuditEvent Event(int number, string name = "penguin-species-1.0.0", string kind = "ModelVersion") => new()
    {
        Id = IdText(number),
        Time = DateTimeOffset.UnixEpoch.AddSeconds(number),
        Actor = "system:serviceaccount:enterpriseai-system:operator",
        Action = "ModelVersionApproved",
        Resource = new AuditResource { ApiVersion = "enterpriseai.io/v1alpha1", Kind = kind, Namespace = "default", Name = name, Uid = "u-1", Generation = 2 },
        Details = new Dictionary<string, string> { ["number"] = $"{number}", ["message"] = "approved by ada" },
    };

    public static string IdText(int number) => AuditEventId.From("test", $"{number}");

    /// <summary>What the log stores of an event. Made once: the crash tests ask for the same ones thousands of times.</summary>
    public static (Hash256 Id, byte[] Entry) Entry(int number) => Entries.GetOrAdd(number, static n =>
    {
        var entry = Event(n).ToCanonicalJson();
        return (AuditEventReader.Read(entry).Id, entry);
    });

    /// <summary>Appends the events [from, to) in batches as the appender would.</summary>
    public static void Fill(LogStore store, int from, int to, int batch = 256)
    {
        for (var start = from; start < to; start += batch)
            store.Commit([.. Enumerable.Range(start, Math.Min(batch, to - start)).Select(Entry)]);
    }

    /// <summary>A finished log in a folder, and its public key.</summary>
    public static LogVerifierKey WriteLog(string folder, int size, LogSigningKey? key = null)
    {
        key ??= LogSigningKey.Generate(Origin);
        Directory.CreateDirectory(folder);
        Fill(LogStore.Open(new DiskLogFiles(folder), key), 0, size);
        return key.Verifier;
    }
}
