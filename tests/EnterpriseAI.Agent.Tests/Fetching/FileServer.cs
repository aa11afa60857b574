using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;

namespace EnterpriseAI.Agent.Tests.Fetching;

/// <summary>A loopback server of files in memory that knows ranges and versions, and can be told to misbehave.</summary>
internal sealed partial class FileServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentBag<Task> _clients = [];
    private readonly X509Certificate2? _certificate;
    private readonly Task _serving;
    private int _number;

    /// <param name="certificate">For https.</param>
    public FileServer(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>By path, with the leading slash.</summary>
    public ConcurrentDictionary<string, ServedFile> Files { get; } = new();

    public ConcurrentQueue<ServedRequest> Requests { get; } = new();

    /// <summary>Asked before each answer; null for the usual one.</summary>
    public Func<ServedRequest, Task<Misbehaviour?>> Before { get; set; } = _ => Task.FromResult<Misbehaviour?>(null);

    /// <summary>Every byte of a body that was sent.</summary>
    public long Sent;

    public Uri At(string path) => new($"{(_certificate is null ? "http" : "https")}://localhost:{Port}{path}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _listener.Stop();
        await Task.WhenAll(_clients);
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _clients.Add(ClientAsync(client));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or InvalidOperationException)
        {
            // The test is over; between two clients the listener may be stopped already.
        }
    }

    private async Task ClientAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                Stream stream = client.GetStream();
                if (_certificate is not null)
                {
                    var secure = new SslStream(stream);
                    stream = secure;
                    await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _stop.Token);
                }

                await using (stream)
                {
                    while (await HeadAsync(stream) is { Length: > 0 } head && await AnswerAsync(stream, head))
                    {
                    }
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the test is over.
        }
    }

    // True when the connection can be used again.
    private async Task<bool> AnswerAsync(Stream stream, string head)
    {
        var request = new ServedRequest(Interlocked.Increment(ref _number) - 1, head.Split(' ')[1], head);
        Requests.Enqueue(request);
        var misbehaviour = await Before(request);
        if (misbehaviour is { Raw: { } raw })
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(raw), _stop.Token);
            return false;
        }

        var (status, headers, body) = Usual(misbehaviour?.AsIfAsked is { } range ? request with { Head = Range().Replace(request.Head, $"\r\nRange: bytes={range}\r\n") } : request);
        var send = Math.Min(body.Length, misbehaviour?.BreakAfter ?? int.MaxValue);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {body.Length}\r\n{headers}\r\n"), _stop.Token);
        await stream.WriteAsync(body.AsMemory(0, send), _stop.Token);
        Interlocked.Add(ref Sent, send);
        return send == body.Length;
    }

    private (string Status, string Headers, byte[] Body) Usual(ServedRequest request)
    {
        if (!Files.TryGetValue(request.Path, out var file))
        {
            return ("404 Not Found", string.Empty, []);
        }

        var headers = file.Headers + (file.Tag is null ? string.Empty : $"ETag: {file.Tag}\r\n");
        if (file.IgnoresRanges || Range().Match(request.Head) is not { Success: true } range
            || (Condition().Match(request.Head) is { Success: true } condition && !file.IgnoresConditions && condition.Groups[1].Value != (file.Tag ?? file.LastModified)))
        {
            return ("200 OK", headers, file.Content);
        }

        var from = int.Parse(range.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var to = range.Groups[2].Length > 0 ? Math.Min(int.Parse(range.Groups[2].ValueSpan, CultureInfo.InvariantCulture), file.Content.Length - 1) : file.Content.Length - 1;
        return from >= file.Content.Length
            ? ("416 Range Not Satisfiable", $"Content-Range: bytes */{file.Content.Length}\r\n", [])
            : ("206 Partial Content", $"{headers}Content-Range: bytes {from}-{to}/{file.Content.Length}\r\n", file.Content[from..(to + 1)]);
    }

    private async Task<string> HeadAsync(Stream stream)
    {
        var head = new StringBuilder();
        var buffer = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(buffer, _stop.Token) == 0)
            {
                return string.Empty;
            }

            head.Append((char)buffer[0]);
        }

        return head.ToString();
    }

    [GeneratedRegex("\r\nRange: bytes=([0-9]+)-([0-9]*)\r\n")]
    private static partial Regex Range();

    [GeneratedRegex("\r\nIf-Range: ([^\r]+)\r\n")]
    private static partial Regex Condition();
}

/// <summary>A file and what the server says of it.</summary>
internal sealed record ServedFile(byte[] Content, string? Tag = null)
{
    public bool IgnoresRanges { get; init; }

    public bool IgnoresConditions { get; init; }

    public string? LastModified { get; init; }

    public string More { get; init; } = string.Empty;

    public string Headers => (LastModified is null ? string.Empty : $"Last-Modified: {LastModified}\r\nDate: {DateTimeOffset.UnixEpoch.AddYears(50):r}\r\n") + More;
}

/// <summary>What the server was asked.</summary>
internal sealed record ServedRequest(int Number, string Path, string Head);

/// <summary>What the server does instead of answering as it should.</summary>
internal sealed record Misbehaviour
{
    /// <summary>Send this head without a body, and close.</summary>
    public string? Raw { get; init; }

    /// <summary>Close after so many bytes of the body.</summary>
    public int? BreakAfter { get; init; }

    /// <summary>Answer as if this range had been asked for, say <c>0-9</c>.</summary>
    public string? AsIfAsked { get; init; }

    public static Misbehaviour Status(int code, string headers = "") => new() { Raw = $"HTTP/1.1 {code} Because\r\nContent-Length: 0\r\nConnection: close\r\n{headers}\r\n" };

    public static Misbehaviour Redirect(Uri to) => Status(302, $"Location: {to}\r\n");
}
