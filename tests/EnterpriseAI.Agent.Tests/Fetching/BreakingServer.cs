using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>A loopback HTTP server that answers as it is told, also by breaking off.</summary>
internal sealed class BreakingServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly Func<int, string, Answer> _answer;

    /// <param name="answer">From the number of the request (0 first) and its head.</param>
    public BreakingServer(Func<int, string, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/model.onnx");

    public List<string> Requests { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await using var stream = client.GetStream();
                var head = await HeadAsync(stream);
                Requests.Add(head);
                var answer = _answer(Requests.Count - 1, head);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(answer.Head), _stop.Token);
                await stream.WriteAsync(answer.Body, _stop.Token);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or IOException)
        {
            // The test is over.
        }
    }

    private async Task<string> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer, _stop.Token) > 0)
        {
            head.Append((char)buffer[0]);
        }

        return head.ToString();
    }
}

/// <summary>One answer; a body shorter than announced ends in a broken connection.</summary>
internal sealed record Answer(string Head, byte[] Body)
{
    public static Answer Whole(byte[] content, int send, string headers = "")
        => new($"HTTP/1.1 200 OK\r\nContent-Length: {content.Length}\r\nConnection: close\r\n{headers}\r\n", content[..send]);

    public static Answer From(byte[] content, int offset, string headers = "")
        => new(
            string.Create(
                CultureInfo.InvariantCulture,
                $"HTTP/1.1 206 Partial Content\r\nContent-Length: {content.Length - offset}\r\nContent-Range: bytes {offset}-{content.Length - 1}/{content.Length}\r\nConnection: close\r\n{headers}\r\n"),
            content[offset..]);

    public static Answer Status(int code) => new($"HTTP/1.1 {code} Because\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", []);
}
