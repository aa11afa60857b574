using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EnterpriseAI.Benchmarks.ModelServer;

/// <summary>What a closed loop of clients saw.</summary>
internal sealed record LoopResult(double RequestsPerSecond, double MedianMs, double P99Ms, int Failures);

/// <summary>
/// Clients that each send the same request again as soon as they have its answer, over connections that stay open. One thread and
/// plain sockets: what the generator takes from the processors must be little beside what it measures, on either side.
/// </summary>
internal static class ClosedLoop
{
    /// <param name="server">Who is asked.</param>
    /// <param name="request">The bytes of one HTTP request.</param>
    /// <param name="connections">How many clients.</param>
    /// <param name="warmUp">How long nothing is counted.</param>
    /// <param name="duration">How long it is counted.</param>
    public static LoopResult Run(IPEndPoint server, byte[] request, int connections, TimeSpan warmUp, TimeSpan duration)
    {
        var clients = Enumerable.Range(0, connections).Select(_ => new Client(server, request)).ToDictionary(client => client.Socket);
        try
        {
            foreach (var client in clients.Values)
                client.Send();
            Loop(clients, warmUp, null);
            var latencies = new List<double>();
            var (started, failures) = (Stopwatch.GetTimestamp(), Loop(clients, duration, latencies));
            var elapsed = Stopwatch.GetElapsedTime(started);
            latencies.Sort();
            return new LoopResult(latencies.Count / elapsed.TotalSeconds, At(latencies, 0.5), At(latencies, 0.99), failures);
        }
        finally
        {
            foreach (var client in clients.Values)
                client.Dispose();
        }
    }

    private static int Loop(Dictionary<Socket, Client> clients, TimeSpan duration, List<double>? latencies)
    {
        var failures = 0;
        var readable = new List<Socket>(clients.Count);
        for (var started = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(started) < duration;)
        {
            readable.Clear();
            readable.AddRange(clients.Keys);
            Socket.Select(readable, null, null, TimeSpan.FromSeconds(10));
            if (readable.Count == 0)
                throw new TimeoutException("no answer came within 10 s");
            foreach (var socket in readable)
            {
                var client = clients[socket];
                if (client.Receive() is not { } ok)
                    continue;
                failures += ok ? 0 : 1;
                latencies?.Add(client.ElapsedMs);
                client.Send();
            }
        }
        return failures;
    }

    private static double At(List<double> sorted, double quantile) => sorted.Count == 0 ? double.NaN : sorted[Math.Min(sorted.Count - 1, (int)(quantile * sorted.Count))];

    private sealed class Client : IDisposable
    {
        private readonly byte[] _request;
        private byte[] _answer = new byte[64 << 10];
        private int _received;
        private long _sentAt;

        public Client(IPEndPoint server, byte[] request)
        {
            _request = request;
            Socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 10_000, SendTimeout = 10_000 };
            Socket.Connect(server);
        }

        public Socket Socket { get; }

        public double ElapsedMs => Stopwatch.GetElapsedTime(_sentAt).TotalMilliseconds;

        public void Send()
        {
            _sentAt = Stopwatch.GetTimestamp();
            for (var sent = 0; sent < _request.Length;)
                sent += Socket.Send(_request.AsSpan(sent));
        }

        /// <summary>Takes what has come.</summary>
        /// <returns>Null while the answer is not whole; then whether its status is 200.</returns>
        public bool? Receive()
        {
            if (_received == _answer.Length)
                Array.Resize(ref _answer, _answer.Length * 2);
            var count = Socket.Receive(_answer.AsSpan(_received));
            if (count == 0)
                throw new IOException("the server closed the connection");
            _received += count;
            var answer = _answer.AsSpan(0, _received);
            var head = answer.IndexOf("\r\n\r\n"u8);
            if (head < 0 || _received < head + 4 + LengthOf(answer[..head]))
                return null;
            _received = 0;
            return answer.StartsWith("HTTP/1.1 200"u8);
        }

        private static int LengthOf(ReadOnlySpan<byte> head)
        {
            var text = Encoding.ASCII.GetString(head);
            var at = text.IndexOf("content-length: ", StringComparison.OrdinalIgnoreCase);
            if (at < 0)
                throw new InvalidDataException($"an answer without Content-Length: {text}");
            var end = text.IndexOf('\r', at);
            return int.Parse(text.AsSpan((at + 16)..(end < 0 ? text.Length : end)), System.Globalization.CultureInfo.InvariantCulture);
        }

        public void Dispose() => Socket.Dispose();
    }
}
