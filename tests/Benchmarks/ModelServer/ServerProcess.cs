using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EnterpriseAI.Benchmarks.ModelServer;

/// <summary>A server on a free loopback port, in a process of its own.</summary>
internal sealed class ServerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly (string, string)[] OfImage = [("DOTNET_EnableDiagnostics", "0"), ("LD_PRELOAD", "libjemalloc.so.2"), ("DOTNET_GCgen0size", "0x1000000")];
    private readonly Process _process;

    private ServerProcess(Process process, IPEndPoint address, TimeSpan readyAfter) => (_process, Address, ReadyAfter) = (process, address, readyAfter);

    public IPEndPoint Address { get; }

    /// <summary>From its start until it said that it was ready.</summary>
    public TimeSpan ReadyAfter { get; }

    /// <summary>Our model server as its image holds it.</summary>
    public static async Task<ServerProcess> OursAsync(string folder, string model, params IEnumerable<string> arguments)
    {
        var port = FreePort();
        return await StartAsync(Path.Combine(folder, "model-server"),
            ["--model", model, "--model-name", "m", "--http", $"127.0.0.1:{port}", "--grpc", "127.0.0.1:0", "--log-level", "Warning", .. arguments], port, "/v2/health/ready", OfImage);
    }

    /// <summary>The peer in the folder <c>peer</c>, on Node.js.</summary>
    public static async Task<ServerProcess> NodeAsync(string folder, string model)
    {
        var port = FreePort();
        return await StartAsync("node", [Path.Combine(folder, "server.js"), model, $"{port}", $"{Environment.ProcessorCount}"], port, "/");
    }

    /// <summary><see cref="BareServer"/>.</summary>
    /// <param name="answerBytes">The length of its answers.</param>
    public static async Task<ServerProcess> BareAsync(int answerBytes)
    {
        var port = FreePort();
        return await StartAsync("dotnet", [typeof(BareServer).Assembly.Location, BareServer.Command, $"{port}", $"{answerBytes}"], port, "/", OfImage);
    }

    /// <summary>Resident bytes, and those of them that are no file of which the kernel could take them back.</summary>
    public (long Resident, long Anonymous) Memory()
    {
        var lines = File.ReadAllLines($"/proc/{_process.Id}/status");
        return (Of("VmRSS:"), Of("RssAnon:"));

        long Of(string name) => long.Parse(lines.First(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..^2], CultureInfo.InvariantCulture) << 10;
    }

    /// <summary>Resident bytes that are pages of a file, such as a library.</summary>
    public long MemoryOf(string file)
    {
        var (bytes, inside) = (0L, false);
        foreach (var line in File.ReadLines($"/proc/{_process.Id}/smaps"))
        {
            if (line.Contains('-') && line.Contains(' ') && !line.StartsWith("Vm", StringComparison.Ordinal) && char.IsAsciiHexDigitLower(line[0]))
                inside = line.EndsWith(file, StringComparison.Ordinal);
            else if (inside && line.StartsWith("Rss:", StringComparison.Ordinal))
                bytes += long.Parse(line[4..^2], CultureInfo.InvariantCulture) << 10;
        }
        return bytes;
    }

    private static async Task<ServerProcess> StartAsync(string program, IEnumerable<string> arguments, int port, string ready, params IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var started = Stopwatch.GetTimestamp();
        var process = Process.Start(start)!;
        using var client = new HttpClient();
        while (true)
        {
            if (process.HasExited)
                throw new InvalidOperationException($"{program} ended with code {process.ExitCode}");
            try
            {
                using var response = await client.GetAsync($"http://127.0.0.1:{port}{ready}");
                if (ready == "/" || response.IsSuccessStatusCode)
                    return new ServerProcess(process, new IPEndPoint(IPAddress.Loopback, port), Stopwatch.GetElapsedTime(started));
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            if (Stopwatch.GetElapsedTime(started) > Patience)
            {
                process.Kill();
                throw new TimeoutException($"{program} was not ready within {Patience.TotalSeconds} s");
            }
            await Task.Delay(1);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }
}
