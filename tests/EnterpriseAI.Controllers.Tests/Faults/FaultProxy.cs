using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using EnterpriseAI.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>Plain HTTP on loopback in front of an API server, with faults on demand.</summary>
/// <remarks>Faults of connections happen in a <see cref="FaultRelay"/> in front of the HTTP server, those of answers here.</remarks>
internal sealed class FaultProxy : IAsyncDisposable
{
    readonly FaultUpstream _upstream;
    readonly WebApplication _server;
    readonly FaultRelay _relay;
    readonly ConcurrentQueue<string> _requests = new();
    readonly ConcurrentDictionary<string, byte[]> _lists = new();
    CancellationTokenSource _watches = new();
    volatile Fault _fault;

    FaultProxy(FaultUpstream upstream, WebApplication server, FaultRelay relay) => (_upstream, _server, _relay) = (upstream, server, relay);

    /// <summary>For a client that shall meet the faults.</summary>
    public KubernetesClientConfiguration Configuration => new() { Server = new Uri($"http://{_relay.Address}") };

    /// <summary>Method and kind of each request that came this far: <c>LIST</c>, <c>WATCH</c>, <c>GET</c>, <c>PATCH</c>, …</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Connections that somebody tried to make.</summary>
    public int Connections => _relay.Attempts;

    /// <summary>What goes wrong from now on. Watches that are open meet it too.</summary>
    public Fault Fault
    {
        get => _fault;
        set
        {
            _fault = value;
            _relay.Fault = value;
            if (value is Fault.None or Fault.Delay or Fault.HangHalfOpen or Fault.DropBookmarks or Fault.CutConnections)
                return;
            var before = Interlocked.Exchange(ref _watches, new CancellationTokenSource());
            before.Cancel();
        }
    }

    public static async Task<FaultProxy> StartAsync(FaultUpstream upstream)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MinResponseDataRate = null;
        });
        var server = builder.Build();
        FaultProxy? proxy = null;
        server.Run(context => proxy!.HandleAsync(context));
        await server.StartAsync();
        var address = new Uri(server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        proxy = new FaultProxy(upstream, server, new FaultRelay(new IPEndPoint(IPAddress.Loopback, address.Port)));
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _relay.DisposeAsync();
        await _watches.CancelAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        await _server.StopAsync(limit.Token);
        await _server.DisposeAsync();
    }

    async Task HandleAsync(HttpContext context)
    {
        var request = context.Request;
        var isWatch = request.Query["watch"] == "true";
        var isList = !isWatch && HttpMethods.IsGet(request.Method) && request.Path.Value!.TrimEnd('/').EndsWith("configmaps", StringComparison.Ordinal);
        _requests.Enqueue(isWatch ? "WATCH" : isList ? "LIST" : request.Method);
        var path = request.Path + request.QueryString;
        if (await AnswerAsync(context, isWatch, isList))
            return;

        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, context.RequestAborted);
        var watches = _watches.Token;
        using var cut = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, isWatch ? watches : CancellationToken.None);
        try
        {
            using var answer = await _upstream.SendAsync(new HttpMethod(request.Method), path, request.ContentType, body.ToArray(), cut.Token);
            context.Response.StatusCode = (int)answer.StatusCode;
            context.Response.ContentType = "application/json";
            if (answer.Headers.RetryAfter is { } wait)
                context.Response.Headers.RetryAfter = wait.ToString();
            if (isWatch)
            {
                await CopyLinesAsync(context, await answer.Content.ReadAsStreamAsync(cut.Token), cut.Token);
                return;
            }

            var bytes = await answer.Content.ReadAsByteArrayAsync(cut.Token);
            if (isList && answer.IsSuccessStatusCode && _fault != Fault.StaleList)
                _lists[request.Path] = bytes;
            await context.Response.Body.WriteAsync(bytes, cut.Token);
        }
        catch (Exception e) when (cut.IsCancellationRequested || e is IOException)
        {
            // The watch was ended by a fault, or the client went away.
        }
    }

    /// <returns>True when the fault is the answer.</returns>
    async Task<bool> AnswerAsync(HttpContext context, bool isWatch, bool isList)
    {
        switch (_fault)
        {
            case Fault.Gone or Fault.StaleList when isWatch:
                await FailAsync(context, 410, "Expired");
                return true;
            case Fault.StaleList when isList && _lists.TryGetValue(context.Request.Path, out var stale):
                context.Response.ContentType = "application/json";
                await context.Response.Body.WriteAsync(stale);
                return true;
            case Fault.TooManyRequests:
                context.Response.Headers.RetryAfter = "1";
                await FailAsync(context, 429, "TooManyRequests");
                return true;
            case Fault.InternalError:
                await FailAsync(context, 500, "InternalError");
                return true;
            case Fault.Unavailable:
                context.Response.StatusCode = 503;
                await context.Response.WriteAsync("<html>no healthy upstream</html>");
                return true;
            case Fault.CloseWatchAtOnce when isWatch:
                return true;
            default:
                return false;
        }
    }

    async Task CopyLinesAsync(HttpContext context, Stream from, CancellationToken cancellationToken)
    {
        await context.Response.Body.FlushAsync(cancellationToken);
        if (_fault == Fault.CorruptWatchLine)
        {
            await context.Response.WriteAsync("{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Con\n", cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }

        var reader = PipeReader.Create(from);
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            while (WatchFrame.TryTakeLine(ref buffer, read.IsCompleted, out var line))
            {
                var bytes = System.Buffers.BuffersExtensions.ToArray(line);
                if (_fault == Fault.DropBookmarks && Encoding.UTF8.GetString(bytes).Contains("\"type\":\"BOOKMARK\"", StringComparison.Ordinal))
                    continue;
                await context.Response.Body.WriteAsync((byte[])[.. bytes, (byte)'\n'], cancellationToken);
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
            await context.Response.Body.FlushAsync(cancellationToken);
            if (read.IsCompleted)
                return;
        }
    }

    static Task FailAsync(HttpContext context, int code, string reason)
    {
        context.Response.StatusCode = code;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($$"""{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"{{reason}}","message":"fault","code":{{code}}}""");
    }
}
