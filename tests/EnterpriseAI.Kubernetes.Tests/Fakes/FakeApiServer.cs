using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Testing;

/// <summary>A request that the fake server got.</summary>
public sealed record FakeRequest(string Method, string Path, string Query, string? ContentType, string Body);

/// <summary>A small API server inside the test process: any resource, stored as JSON, with versions, watches and faults.</summary>
/// <remarks>Knows no schemas, no garbage collection and no other controller. Status is changed through <c>/status</c> only, or by
/// <see cref="Put"/>.</remarks>
public sealed partial class FakeApiServer : HttpMessageHandler
{
    readonly Lock _gate = new();
    readonly SortedDictionary<string, JsonObject> _objects = new(StringComparer.Ordinal);
    readonly Dictionary<string, JsonObject> _applied = [];
    readonly List<(long Version, string Type, JsonObject Object, string Collection)> _history = [];
    readonly List<FakeWatch> _watches = [];
    readonly List<FakeRequest> _requests = [];
    List<Action>? _held;
    long _version = 100;
    long _compacted;
    int _uid;

    /// <summary>Asked before each request; an answer other than null is sent instead. May throw.</summary>
    public Func<FakeRequest, HttpResponseMessage?>? Fault { get; set; }

    /// <summary>Sends "too old" inside the stream with HTTP 200 instead of as HTTP status.</summary>
    public bool ExpiresInStream { get; set; }

    /// <summary>What is done with <c>sendInitialEvents</c>.</summary>
    public FakeStreaming Streaming { get; set; }

    /// <summary>Minor version that <c>/version</c> tells. Null tells 34 or 33, by <see cref="Streaming"/>.</summary>
    public string? Minor { get; set; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public IReadOnlyList<FakeRequest> Requests
    {
        get
        {
            lock (_gate)
                return [.. _requests];
        }
    }

    public int OpenWatches
    {
        get
        {
            lock (_gate)
                return _watches.Count;
        }
    }

    public long Version
    {
        get
        {
            lock (_gate)
                return _version;
        }
    }

    public KubernetesClient Client(TimeProvider? time = null) =>
        new(new KubernetesClientConfiguration { Server = new Uri("http://fake.test") }, new Unowned(this), time);

    /// <summary>The stored object as JSON, or null.</summary>
    public JsonObject? Stored<T>(ResourceType<T> type, string? ns, string name)
        where T : class, IKubernetesObject
    {
        lock (_gate)
            return _objects.GetValueOrDefault(type.Path(ns, name))?.DeepClone().AsObject();
    }

    /// <summary>Creates or replaces an object, its status too, past all checks.</summary>
    public T Put<T>(ResourceType<T> type, T obj)
        where T : class, IKubernetesObject
    {
        var node = System.Text.Json.JsonSerializer.SerializeToNode(obj, type.TypeInfo)!.AsObject();
        lock (_gate)
        {
            var stored = Store(type.Path(obj.Metadata.Namespace), type.Path(obj.Metadata.Namespace, obj.Name), node);
            return System.Text.Json.JsonSerializer.Deserialize(stored, type.TypeInfo)!;
        }
    }

    /// <summary>Stores JSON that need not fit any type.</summary>
    public void PutJson(string collection, string name, string json)
    {
        lock (_gate)
            Store(collection, $"{collection}/{name}", JsonNode.Parse(json)!.AsObject());
    }

    /// <summary>Removes an object, whatever its finalizers.</summary>
    public void Remove<T>(ResourceType<T> type, string? ns, string name)
        where T : class, IKubernetesObject
    {
        lock (_gate)
            Erase(type.Path(ns), type.Path(ns, name));
    }

    /// <summary>Forgets the history: a watch from before is too old.</summary>
    public void Compact()
    {
        lock (_gate)
        {
            _history.Clear();
            _compacted = _version;
        }
    }

    /// <summary>Ends all watches, does something while nobody can watch, and forgets that it happened.</summary>
    public void Outage(Action act)
    {
        lock (_gate)
        {
            EndWatches();
            act();
            Compact();
        }
    }

    /// <summary>Ends all watches, normally or with an error of the connection.</summary>
    public void EndWatches(Exception? error = null)
    {
        lock (_gate)
        {
            foreach (var watch in _watches)
                watch.End(error);
            _watches.Clear();
        }
    }

    /// <summary>Copies of all objects of a collection, over all namespaces.</summary>
    public IReadOnlyList<JsonObject> All(string collection)
    {
        lock (_gate)
            return [.. _objects.Where(pair => Within(FakeRoute.Of(pair.Key).Collection, collection)).Select(pair => pair.Value.DeepClone().AsObject())];
    }

    /// <summary>Keeps events back until disposed: caches fall behind.</summary>
    public IDisposable HoldWatches()
    {
        lock (_gate)
            _held = [];
        return new Hold(this);
    }

    /// <summary>Sends text to all watches.</summary>
    public void SendRaw(string text)
    {
        lock (_gate)
        {
            foreach (var watch in _watches)
                watch.Raw(text);
        }
    }

    public void SendBookmarks()
    {
        var bookmark = new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = Version.ToString() } };
        SendRaw(new JsonObject { ["type"] = "BOOKMARK", ["object"] = bookmark }.ToJsonString() + "\n");
    }

    /// <summary>The version moves on without an object of interest.</summary>
    public void Tick()
    {
        lock (_gate)
            _version++;
    }

    public static HttpResponseMessage Failure(HttpStatusCode code, string reason, string message = "", TimeSpan? retryAfter = null)
    {
        var response = new HttpResponseMessage(code) { Content = Json(Status(code, reason, message)) };
        if (retryAfter is { } wait)
            response.Headers.RetryAfter = new(wait);
        return response;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        var seen = new FakeRequest(
            request.Method.Method, request.RequestUri!.AbsolutePath.TrimStart('/'), request.RequestUri.Query, request.Content?.Headers.ContentType?.MediaType, body);
        // Discovery is answered always, and not counted: tests look at what follows.
        if (seen.Path == "version")
            return Ok(new JsonObject { ["major"] = "1", ["minor"] = Minor ?? (Streaming == FakeStreaming.On ? "34" : "33"), ["gitVersion"] = "v1.fake" });
        lock (_gate)
            _requests.Add(seen);
        if (Fault?.Invoke(seen) is { } fault)
            return fault;
        try
        {
            lock (_gate)
                return Answer(seen);
        }
        catch (FakeFailure e)
        {
            return Failure(e.Code, e.Reason, e.Message);
        }
    }

    static JsonObject Status(HttpStatusCode code, string reason, string message) => new()
    {
        ["kind"] = "Status",
        ["apiVersion"] = "v1",
        ["status"] = "Failure",
        ["reason"] = reason,
        ["message"] = message,
        ["code"] = (int)code,
    };

    static StringContent Json(JsonNode node) => new(node.ToJsonString(), Encoding.UTF8, "application/json");

    static HttpResponseMessage Ok(JsonNode node) => new(HttpStatusCode.OK) { Content = Json(node) };

    HttpResponseMessage Answer(FakeRequest request)
    {
        var route = FakeRoute.Of(request.Path);
        var query = System.Web.HttpUtility.ParseQueryString(request.Query);
        if (route.Name is null)
        {
            return request.Method switch
            {
                "GET" when query["watch"] == "true" => Watch(route.Collection, query),
                "GET" => List(route.Collection, query),
                "POST" => Create(route, request.Body),
                _ => throw new FakeFailure(HttpStatusCode.MethodNotAllowed, "MethodNotAllowed", request.Method),
            };
        }

        return request.Method switch
        {
            "GET" => Ok(Existing(route)),
            "PUT" => Replace(route, JsonNode.Parse(request.Body)!.AsObject()),
            "PATCH" => Change(route, request, query["fieldManager"] ?? "unknown"),
            "DELETE" => Delete(route, JsonNode.Parse(request.Body.Length > 0 ? request.Body : "{}")!.AsObject()),
            _ => throw new FakeFailure(HttpStatusCode.MethodNotAllowed, "MethodNotAllowed", request.Method),
        };
    }

    JsonObject Existing(FakeRoute route) =>
        _objects.GetValueOrDefault(route.Object) ?? throw new FakeFailure(HttpStatusCode.NotFound, "NotFound", $"{route.Object} not found");

    sealed class Hold(FakeApiServer server) : IDisposable
    {
        public void Dispose()
        {
            lock (server._gate)
            {
                var held = server._held ?? [];
                server._held = null;
                foreach (var send in held)
                    send();
            }
        }
    }

    /// <summary>Keeps the handler alive when a client is disposed.</summary>
    sealed class Unowned(FakeApiServer server) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            server.SendAsync(request, cancellationToken);
    }
}

/// <summary>How a server deals with <c>sendInitialEvents</c>.</summary>
public enum FakeStreaming
{
    /// <summary>Refuses it, as a server that has it switched off.</summary>
    Refused,

    /// <summary>Answers as if it were not there, as a server that does not know it.</summary>
    Ignored,

    /// <summary>Sends the present objects and then the bookmark that ends them.</summary>
    On,
}

/// <summary>The parts of a path.</summary>
internal sealed record FakeRoute(string Collection, string? Name, string? Subresource)
{
    public string Object => $"{Collection}/{Name}";

    public static FakeRoute Of(string path)
    {
        var parts = path.Split('/').Select(Uri.UnescapeDataString).ToArray();
        var start = parts[0] == "api" ? 2 : 3;
        var isNamespaced = parts.Length > start + 2 && parts[start] == "namespaces" && parts[start + 2] is not ("status" or "finalize");
        var resource = isNamespaced ? start + 2 : start;
        return new FakeRoute(string.Join('/', parts[..(resource + 1)]), parts.ElementAtOrDefault(resource + 1), parts.ElementAtOrDefault(resource + 2));
    }
}
