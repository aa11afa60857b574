using System.Globalization;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Says from time to time how far a download has come.</summary>
internal sealed class DownloadProgress(AgentHost host, string source)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly string[] Units = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    private readonly long _started = host.Time.GetTimestamp();
    private readonly Lock _lock = new();
    private long _said = host.Time.GetTimestamp();
    private long _here;
    private long _received;
    private long _expected;

    /// <summary>More is to come.</summary>
    /// <param name="bytes">How much.</param>
    public void Expect(long bytes) => Interlocked.Add(ref _expected, bytes);

    /// <summary>This much lay here from an earlier attempt.</summary>
    public void Resume(long bytes) => Interlocked.Add(ref _here, bytes);

    /// <summary>What had come was thrown away.</summary>
    public void Discard(long bytes) => Interlocked.Add(ref _here, -bytes);

    public void Arrived(int bytes)
    {
        Interlocked.Add(ref _here, bytes);
        Interlocked.Add(ref _received, bytes);
        string line;
        lock (_lock)
        {
            if (host.Time.GetElapsedTime(_said) < Interval)
            {
                return;
            }

            _said = host.Time.GetTimestamp();
            line = Line();
        }

        host.Say(line);
    }

    private string Line()
    {
        var (here, expected) = (Interlocked.Read(ref _here), Interlocked.Read(ref _expected));
        var rate = Interlocked.Read(ref _received) / Math.Max(host.Time.GetElapsedTime(_started).TotalSeconds, 0.001);
        var share = expected >= here && expected > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {Text(expected)} ({100 * here / expected} %)") : string.Empty;
        return $"{source}: {Text(here)}{share}, {Text(rate)}/s";
    }

    private static string Text(double bytes)
    {
        var unit = 0;
        for (; bytes >= 1024 && unit < Units.Length - 1; unit++)
        {
            bytes /= 1024;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{bytes:0.#} {Units[unit]}");
    }
}
