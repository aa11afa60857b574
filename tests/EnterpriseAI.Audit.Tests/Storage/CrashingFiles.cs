using EnterpriseAI.Audit.Storage;

namespace EnterpriseAI.Audit.Tests.Storage;

/// <summary>
/// A volume in memory that loses power at a chosen operation. Contents are durable once written (the product asks for that in one
/// operation), but half of them may be there when the power goes; names are durable only after <see cref="SyncFolder"/>, and of those
/// that are not, a random part survives.
/// </summary>
internal sealed class CrashingFiles : ILogFiles
{
    private readonly Random _random;
    private readonly Dictionary<string, Content> _visible;
    private readonly Dictionary<string, Content> _durable;
    private readonly List<(string Folder, Action<Dictionary<string, Content>> Change)> _pending = [];

    public CrashingFiles(int seed) : this(seed, []) { }

    private CrashingFiles(int seed, Dictionary<string, Content> files)
    {
        _random = new Random(seed);
        _durable = files;
        _visible = new(files);
    }

    /// <summary>How many operations were asked for.</summary>
    public int Operations { get; private set; }

    /// <summary>The operation at which it happens; none when 0.</summary>
    public int FailAt { get; set; }

    /// <summary>Whether the process survives: an I/O error once, instead of the end of power.</summary>
    public bool FailOnly { get; set; }

    /// <summary>What is on the volume when power is back.</summary>
    public CrashingFiles AfterCrash(int seed)
    {
        foreach (var (_, change) in _pending) if (_random.Next(2) == 0) change(_durable);
        return new CrashingFiles(seed, _durable.ToDictionary(f => f.Key, f => new Content(f.Value.Bytes.ToArray())));
    }

    public IEnumerable<string> Paths => _visible.Keys;

    public byte[]? Read(string path) => _visible.TryGetValue(path, out var content) ? content.Bytes.ToArray() : null;

    public IReadOnlyList<string> List(string folder) =>
        [.. _visible.Keys.Where(path => Path.GetDirectoryName(path) == folder).Select(path => Path.GetFileName(path))];

    public void CreateFolder(string folder)
    {
        // Folders are implied by the files in them.
    }

    public void Write(string path, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        var file = _visible.GetValueOrDefault(path) ?? new Content([]);
        Perform(
            complete: () => Put(bytes),
            torn: () => Put(bytes[.._random.Next(bytes.Length + 1)]));

        void Put(byte[] written)
        {
            file.Bytes = written;
            Change(path, names => names[path] = file);
        }
    }

    public void WriteAt(string path, long offset, ReadOnlySpan<byte> content)
    {
        var bytes = content.ToArray();
        var file = _visible.GetValueOrDefault(path) ?? new Content([]);
        Perform(
            complete: () => Put(bytes),
            torn: () => Put(bytes[.._random.Next(bytes.Length + 1)]));

        void Put(byte[] written)
        {
            var grown = new byte[Math.Max(file.Bytes.Length, (int)offset + written.Length)];
            file.Bytes.CopyTo(grown, 0);
            written.CopyTo(grown, (int)offset);
            file.Bytes = grown;
            Change(path, names => names[path] = file);
        }
    }

    public void Rename(string from, string to)
    {
        var file = _visible[from];
        Perform(() => Change(to, names =>
        {
            names.Remove(from);
            names[to] = file;
        }));
    }

    public void SyncFolder(string folder) => Perform(() =>
    {
        foreach (var (_, change) in _pending.Where(p => p.Folder == folder)) change(_durable);
        _pending.RemoveAll(p => p.Folder == folder);
    });

    public void Delete(string path) => Perform(() => Change(path, names => names.Remove(path)));

    public void DeleteFolder(string folder)
    {
        // Folders are implied by the files in them.
    }

    private void Change(string path, Action<Dictionary<string, Content>> change)
    {
        change(_visible);
        _pending.Add((Path.GetDirectoryName(path) ?? "", change));
    }

    private void Perform(Action complete, Action? torn = null)
    {
        if (++Operations != FailAt)
        {
            complete();
            return;
        }
        switch (_random.Next(3))
        {
            case 0: break;
            case 1: (torn ?? complete)(); break;
            default: complete(); break;
        }
        throw FailOnly ? new IOException("no space left on device") : new PowerCutException();
    }

    private sealed class Content(byte[] bytes)
    {
        public byte[] Bytes { get; set; } = bytes;
    }
}

internal sealed class PowerCutException : Exception;
