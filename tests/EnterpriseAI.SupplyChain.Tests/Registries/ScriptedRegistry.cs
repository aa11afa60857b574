using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>A server on loopback that answers as a test says, and remembers what it was asked.</summary>
internal sealed class ScriptedRegistry : IAsyncDisposable
{
    private readonly WebApplication application;

    private ScriptedRegistry(WebApplication application) => this.application = application;

    public ConcurrentQueue<Asked> Requests { get; } = [];

    public Uri Address => new(application.Urls.First());

    public string Host => Address.Authority;

    public static async Task<ScriptedRegistry> StartAsync(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinResponseDataRate = null);
        var registry = new ScriptedRegistry(builder.Build());
        registry.application.Run(async http =>
        {
            registry.Requests.Enqueue(new Asked(http.Request.Method, http.Request.Path + http.Request.QueryString, http.Request.Headers.Authorization.ToString(), http.Request.Headers.Range.ToString()));
            try
            {
                await answer(http);
            }
            catch (OperationCanceledException)
            {
                // The client had enough.
            }
        });
        await registry.application.StartAsync();
        return registry;
    }

    public OciReference Reference(string rest) => OciReference.Parse($"{Host}/{rest}");

    public async ValueTask DisposeAsync() => await application.DisposeAsync();

    /// <summary>One request.</summary>
    public sealed record Asked(string Method, string Path, string Authorization, string Range);
}

/// <summary>A clock on which waiting takes no time. Limits of an hour and more never strike.</summary>
internal sealed class ImpatientTime : TimeProvider
{
    private long waited;

    public ConcurrentQueue<TimeSpan> Delays { get; } = [];

    public override DateTimeOffset GetUtcNow() => Mini.MiniSigstore.Now + TimeSpan.FromTicks(Interlocked.Read(ref waited));

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        if (dueTime < TimeSpan.Zero || dueTime >= TimeSpan.FromHours(1))
            return System.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        Delays.Enqueue(dueTime);
        Interlocked.Add(ref waited, dueTime.Ticks);
        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}

/// <summary>One client for all tests, as a program would have it.</summary>
internal static class RegistryHttp
{
    public static HttpClient Client { get; } = OciRegistry.CreateHttpClient();
}
