using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseAI.Benchmarks.ModelServer;

/// <summary>What a closed loop of clients saw.</summary>
/// <param name="GeneratorShare">The part of one processor that the clients themselves took.</param>
internal sealed record LoopResult(double RequestsPerSecond, double MedianMs, double P99Ms, int Failures, double GeneratorShare);

/// <summary>
/// Clients that each send the same request again as soon as they have its answer, over connections that stay open. One thread and
/// plain sockets: what the generator takes from the processors must be little beside what it measures, on either side.
/// </summary>
internal static partial class ClosedLoop
{
    private const short Readable = 1;
    private const int PatienceMs = 10_000;

    /// <param name="server">Who is asked.</param>
    /// <param name="request">The bytes of one HTTP request.</param>
    /// <param name="connections">How many clients.</param>
    /// <param name="warmUp">How long nothing is counted.</param>
    /// <param name="duration">How long it is counted.</param>
    public static LoopResult Run(IPEndPoint server, byte[] request, int connections, TimeSpan warmUp, TimeSpan duration)
    {
        var clients = new Client[connections];
        try
        {
            for (var i = 0; i < connections; i++)
                clients[i] = new Client(server, request);
            var waits = Array.ConvertAll(clients, static client => new Wait { Descriptor = (int)client.Handle, Events = Readable });
            foreach (var client in clients)
                client.Send();
            Loop(clients, waits, warmUp, null);
            var latencies = new List<double>(1 << 20);
            var taken = Environment.CpuUsage.TotalTime;
            var (started, failures) = (Stopwatch.GetTimestamp(), Loop(clients, waits, duration, latencies));
            var elapsed = Stopwatch.GetElapsedTime(started);
            taken = Environment.CpuUsage.TotalTime - taken;
            latencies.Sort();
            return new LoopResult(latencies.Count / elapsed.TotalSeconds, At(latencies, 0.5), At(latencies, 0.99), failures, taken / elapsed);
        }
        finally
        {
            foreach (var client in clients)
                client?.Dispose();
        }
    }

    private static int Loop(Client[] clients, Wait[] waits, TimeSpan duration, List<double>? latencies)
    {
        var failures = 0;
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration;)
        {
            if (Poll(waits, (nuint)waits.Length, PatienceMs) == 0)
                throw new TimeoutException($"no answer came within {PatienceMs} ms");
            for (var i = 0; i < waits.Length; i++)
            {
                if (waits[i].Happened == 0 || clients[i].Receive() is not { } ok)
                    continue;
                failures += ok ? 0 : 1;
                latencies?.Add(clients[i].ElapsedMs);
                clients[i].Send();
            }
        }
        return failures;
    }

    private static double At(List<double> sorted, double quantile) => sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(quantile * sorted.Count))];

    /// <summary>The C library's <c>pollfd</c>. Select makes lists of sockets anew for each call.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Wait
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll([In, Out] Wait[] waits, nuint count, int timeoutMs);

    private sealed class Client : IDisposable
    {
        private readonly Socket _socket;
        private readonly byte[] _request;
        private byte[] _answer = new byte[64 << 10];
        private int _received;
        private long _sentAt;

        public Client(IPEndPoint server, byte[] request)
        {
            _request = request;
            _socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = PatienceMs, SendTimeout = PatienceMs };
            _socket.Connect(server);
        }

        public nint Handle => _socket.Handle;

        public double ElapsedMs => Stopwatch.GetElapsedTime(_sentAt).TotalMilliseconds;

        public void Send()
        {
            _sentAt = Stopwatch.GetTimestamp();
            for (var sent = 0; sent < _request.Length;)
                sent += _socket.Send(_request.AsSpan(sent));
        }

        /// <summary>Takes what has come.</summary>
        /// <returns>Null while the answer is not whole; then whether its status is 200.</returns>
        public bool? Receive()
        {
            if (_received == _answer.Length)
                Array.Resize(ref _answer, _answer.Length * 2);
            var count = _socket.Receive(_answer.AsSpan(_received));
            if (count == 0)
                throw new IOException("the server closed the connection");
            _received += count;
            var answer = _answer.AsSpan(0, _received);
            var head = answer.IndexOf("\r\n\r\n"u8);
            if (head < 0 || _received < head + 4 + LengthOf(answer[..(head + 2)]))
                return null;
            _received = 0;
            return answer.StartsWith("HTTP/1.1 200"u8);
        }

        private static int LengthOf(ReadOnlySpan<byte> head)
        {
            var name = "Content-Length: "u8;
            for (var rest = head; rest.IndexOf("\r\n"u8) is >= 0 and var end; rest = rest[(end + 2)..])
            {
                if (end > name.Length && Ascii.EqualsIgnoreCase(rest[..name.Length], name))
                    return int.Parse(rest[name.Length..end], NumberStyles.None, CultureInfo.InvariantCulture);
            }
            throw new InvalidDataException($"an answer without Content-Length: {Encoding.ASCII.GetString(head)}");
        }

        public void Dispose() => _socket.Dispose();
    }
}
