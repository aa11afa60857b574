using System.Diagnostics;
using System.Text;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace EnterpriseAI.Benchmarks.Operator;

/// <summary>
/// Events of 1,000 data sources from a watch on loopback to an informer's handler, against parsing the same lines alone. Server and
/// informer share the machine; the server writes bytes that were made before, and allocates next to nothing per event.
/// </summary>
internal static class InformerBenchmark
{
    private const int Objects = 1000, Rounds = 7, Events = 50_000, Warmups = 2;

    public static async Task<IReadOnlyList<Figure>> RunAsync()
    {
        var objects = Enumerable.Range(0, Objects).Select(Numbered).Select(o => JsonSerializer.SerializeToUtf8Bytes(o, ApiJsonContext.Default.DataSource)).ToArray();
        var lines = objects.Select(o => (byte[])[.. "{\"type\":\"MODIFIED\",\"object\":"u8, .. o, .. "}\n"u8]).ToArray();
        var burst = lines.SelectMany(l => l).ToArray();
        var go = new SemaphoreSlim(0);

        await using var server = await ServeAsync(objects, burst, go);
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri(server.Urls.First()) });
        var informer = new Informer<DataSource>(client, ApiResources.DataSources);
        var seen = 0;
        var all = new SemaphoreSlim(0);
        informer.AddHandler(change =>
        {
            if (!change.IsInitial && ++seen % Events == 0)
                all.Release();
        });
        using var stop = new CancellationTokenSource();
        var running = informer.RunAsync(stop.Token);
        await informer.WaitForSyncAsync(stop.Token);

        var (rates, parseRates, bytes) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -Warmups; round < Rounds; round++)
        {
            var allocated = GC.GetTotalAllocatedBytes(precise: true);
            var started = Stopwatch.GetTimestamp();
            go.Release();
            await all.WaitAsync();
            var rate = Events / Stopwatch.GetElapsedTime(started).TotalSeconds;
            allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
            started = Stopwatch.GetTimestamp();
            for (var i = 0; i < Events; i++)
                JsonSerializer.Deserialize(objects[i % Objects], ApiJsonContext.Default.DataSource);
            var parseRate = Events / Stopwatch.GetElapsedTime(started).TotalSeconds;
            if (round < 0)
                continue;
            rates.Add(rate);
            parseRates.Add(parseRate);
            bytes.Add((double)allocated / Events);
        }
        await stop.CancelAsync();
        await running;
        return [Figure.Of("informer_events_per_second", rates, "1/s", parseRates), Figure.Of("informer_event_bytes", bytes, "B"), Figure.Of("parse_only_per_second", parseRates, "1/s")];
    }

    private static DataSource Numbered(int i)
    {
        var source = RestingObjects.DataSource(i);
        return source with { Metadata = source.Metadata with { Uid = $"uid-{i}", ResourceVersion = $"{1000 + i}", Generation = 1 } };
    }

    private static async Task<WebApplication> ServeAsync(byte[][] objects, byte[] burst, SemaphoreSlim go)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var list = Encoding.UTF8.GetBytes($$"""{"apiVersion":"enterpriseai.io/v1alpha1","kind":"DataSourceList","metadata":{"resourceVersion":"5000"},"items":[{{string.Join(',', objects.Select(Encoding.UTF8.GetString))}}]}""");
        app.MapGet("/apis/enterpriseai.io/v1alpha1/datasources", async (HttpContext http) =>
        {
            http.Response.ContentType = "application/json";
            if (http.Request.Query["watch"] != "true" && http.Request.Query["watch"] != "1")
            {
                await http.Response.Body.WriteAsync(list);
                return;
            }
            await http.Response.Body.FlushAsync();
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await go.WaitAsync(http.RequestAborted);
                for (var sent = 0; sent < Events; sent += Objects)
                    await http.Response.Body.WriteAsync(burst, http.RequestAborted);
            }
        });
        await app.StartAsync();
        return app;
    }
}
