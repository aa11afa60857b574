using System.Net;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.Serving;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>A model server in this process on a free loopback port, with its model loaded or refused.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private Task? _stopping;

    private RunningServer(TemporaryFolder folder, WebApplication app)
    {
        _folder = folder;
        App = app;
    }

    public WebApplication App { get; }

    public HttpClient Client { get; } = new() { Timeout = TimeSpan.FromSeconds(60) };

    public ModelRefusedException? Refusal { get; private set; }

    /// <summary>Serves these bytes as model <c>m</c>.</summary>
    public static Task<RunningServer> StartAsync(byte[] model, Func<ModelServerOptions, ModelServerOptions>? change = null, TimeProvider? time = null)
    {
        var folder = new TemporaryFolder();
        return StartAsync(folder, folder.Write("model.onnx", model), change, time);
    }

    public static Task<RunningServer> StartAsync(string path, Func<ModelServerOptions, ModelServerOptions>? change = null) =>
        StartAsync(new TemporaryFolder(), path, change, null);

    private static async Task<RunningServer> StartAsync(TemporaryFolder folder, string path, Func<ModelServerOptions, ModelServerOptions>? change, TimeProvider? time)
    {
        var options = new ModelServerOptions
        {
            Model = new ModelOptions { Model = path },
            ModelName = "m",
            Http = new ListenAddress(IPAddress.Loopback, 0),
        };
        var app = ModelServerApp.Build(change?.Invoke(options) ?? options, "None", time);
        var server = new RunningServer(folder, app);
        var loading = app.Services.GetRequiredService<ModelLoading>();
        await app.StartAsync();
        await loading.ExecuteTask!;
        server.Refusal = loading.Refusal;
        server.Client.BaseAddress = new Uri(app.Urls.First());
        return server;
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> GetAsync(string path)
    {
        using var response = await Client.GetAsync(path);
        return (response.StatusCode, await ReadAsync(response));
    }

    public async Task<(HttpStatusCode Status, JsonElement Body)> InferAsync(string json, string path = "/v2/models/m/infer")
    {
        using var response = await Client.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));
        return (response.StatusCode, await ReadAsync(response));
    }

    /// <summary>The answer's one output as text, or the error.</summary>
    public async Task<string> DataAsync(string json)
    {
        var (status, body) = await InferAsync(json);
        return status == HttpStatusCode.OK ? body.GetProperty("outputs")[0].GetProperty("data").GetRawText() : $"{(int)status} {body}";
    }

    private static async Task<JsonElement> ReadAsync(HttpResponseMessage response)
    {
        var bytes = await response.Content.ReadAsByteArrayAsync();
        return bytes.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(bytes);
    }

    public Task StopAsync() => _stopping ??= App.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await StopAsync();
        await App.DisposeAsync();
        _folder.Dispose();
    }
}
