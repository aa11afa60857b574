using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EnterpriseAI.Kubernetes;

/// <summary>Talks to one API server.</summary>
/// <remarks>
/// Guarantees: safe for concurrent use; one HTTP/2 connection (or a few) with keep-alive pings, so that a dead connection is found
/// within 45 s; every request except a watch ends within <see cref="RequestTimeout"/>.
/// Errors: <see cref="KubernetesException"/> for what the server refused, <see cref="HttpRequestException"/> when it cannot be
/// reached, <see cref="TimeoutException"/> when it does not answer.
/// </remarks>
public sealed partial class KubernetesClient : IDisposable
{
    readonly RequestSender _sender;
    readonly TimeProvider _time;
    readonly Func<CancellationToken, ValueTask>? _writeGuard;
    readonly bool _ownsSender = true;

    /// <param name="configuration">Where the server is, and the credentials.</param>
    /// <param name="handler">Null for a real connection; tests pass their own.</param>
    /// <param name="time">Null for the system's clock.</param>
    public KubernetesClient(KubernetesClientConfiguration configuration, HttpMessageHandler? handler = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        _time = time ?? TimeProvider.System;
        DefaultNamespace = configuration.Namespace;
        Server = configuration.Server;
        var limiter = configuration.RequestsPerSecond is { } rate ? new RateLimiter(rate, configuration.RequestBurst, _time) : null;
        _sender = new RequestSender(configuration.Server, configuration.Credentials, handler ?? ConnectionHandler.Create(configuration), _time, limiter)
        {
            HostOverride = configuration.TlsServerName,
        };
    }

    KubernetesClient(KubernetesClient other, Func<CancellationToken, ValueTask> writeGuard)
    {
        (_sender, _time, DefaultNamespace, Server, RequestTimeout) = (other._sender, other._time, other.DefaultNamespace, other.Server, other.RequestTimeout);
        _writeGuard = writeGuard;
        _ownsSender = false;
    }

    /// <summary>Address of the API server.</summary>
    public Uri Server { get; }

    /// <summary>The namespace of the kubeconfig context or of the pod.</summary>
    public string DefaultNamespace { get; }

    /// <summary>Limit of every request but a watch. Default 60 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same connection, but every attempt to write, a repeated one too, first awaits
    /// <paramref name="guard"/>, which throws to stop it.</summary>
    /// <remarks>A leader checks its lease there, so that a process that was frozen past its lease writes nothing when it wakes.
    /// Disposing the result does nothing.</remarks>
    public KubernetesClient WithWriteGuard(Func<CancellationToken, ValueTask> guard) => new(this, guard);

    /// <summary>Reads one object.</summary>
    /// <exception cref="KubernetesException">404 when it does not exist.</exception>
    public async Task<T> GetAsync<T>(ResourceType<T> type, string? ns, string name, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject =>
        await ReadAsync(Request(HttpMethod.Get, type.Path(ns, name), "GET"), type.TypeInfo, cancellationToken).ConfigureAwait(false);

    /// <summary>Reads one object; null when it does not exist.</summary>
    public async Task<T?> TryGetAsync<T>(ResourceType<T> type, string? ns, string name, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        try
        {
            return await GetAsync(type, ns, name, cancellationToken).ConfigureAwait(false);
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return null;
        }
    }

    /// <summary>Reads all objects, or one page of them.</summary>
    /// <param name="type">The resource.</param>
    /// <param name="ns">Null for all namespaces.</param>
    /// <param name="options">Null for everything, at its newest.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    public async Task<KubernetesList<T>> ListAsync<T>(
        ResourceType<T> type, string? ns = null, ListOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        options ??= new ListOptions();
        var path = new Query(type.Path(ns))
            .Add("labelSelector", options.LabelSelector)
            .Add("fieldSelector", options.FieldSelector)
            .Add("resourceVersion", options.ResourceVersion)
            .Add("resourceVersionMatch", options.ResourceVersion is null or "" or "0" || options.Limit is null ? null : "NotOlderThan")
            .Add("limit", options.Limit)
            .Add("continue", options.Continue)
            .ToString();
        var request = Request(HttpMethod.Get, path, "LIST");
        try
        {
            return await ReadAsync(request, type.ListTypeInfo, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException) when (options.OnUnreadable is not null)
        {
            // Rare: read again, one object at a time, so that one that cannot be read hides no other.
            var raw = await ReadAsync(request, WireJsonContext.Default.KubernetesListJsonElement, cancellationToken).ConfigureAwait(false);
            return OneByOne(raw, type.TypeInfo, options.OnUnreadable);
        }
    }

    /// <summary>Creates an object in its own namespace.</summary>
    public async Task<T> CreateAsync<T>(ResourceType<T> type, T obj, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject =>
        await WriteAsync(HttpMethod.Post, type, type.Path(obj.Metadata.Namespace), "POST", obj, options, cancellationToken).ConfigureAwait(false);

    /// <summary>Replaces an object (or its subresource); with a <c>resourceVersion</c> only that version, else 409.</summary>
    public async Task<T> ReplaceAsync<T>(
        ResourceType<T> type, T obj, string? subresource = null, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject =>
        await WriteAsync(
            HttpMethod.Put, type, type.Path(obj.Metadata.Namespace, NameOf(obj), subresource), "PUT", obj, options, cancellationToken)
            .ConfigureAwait(false);

    /// <summary>Changes an object (or its subresource).</summary>
    public async Task<T> PatchAsync<T>(
        ResourceType<T> type, string? ns, string name, Patch patch, string? subresource = null, WriteOptions? options = null,
        CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        ArgumentNullException.ThrowIfNull(patch);
        var path = WithOptions(type.Path(ns, name, subresource), options).ToString();
        return await ReadAsync(
            Request(HttpMethod.Patch, path, "PATCH") with { Body = patch.Body, ContentType = patch.ContentType }, type.TypeInfo, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>Server-side apply: creates the object or sets exactly the fields that are given, and removes those this manager gave
    /// before and no longer gives.</summary>
    /// <param name="type">The resource.</param>
    /// <param name="obj">Only the fields this manager wants, with a name; a <c>resourceVersion</c> makes it conditional.</param>
    /// <param name="fieldManager">Who owns the fields.</param>
    /// <param name="force">Take fields over from other managers. Default true, as controllers should.</param>
    /// <param name="subresource">Such as <c>status</c>.</param>
    /// <param name="cancellationToken">Stops the request.</param>
    /// <returns>The object as it is on the server now.</returns>
    public async Task<T> ApplyAsync<T>(
        ResourceType<T> type, T obj, string fieldManager, bool force = true, string? subresource = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        var path = new Query(type.Path(obj.Metadata.Namespace, NameOf(obj), subresource))
            .Add("fieldManager", fieldManager)
            .Add("force", force ? "true" : null)
            .ToString();
        return await ReadAsync(
            Request(HttpMethod.Patch, path, "APPLY") with
            {
                Body = JsonSerializer.SerializeToUtf8Bytes(obj, type.TypeInfo),
                // JSON is YAML, and the only apply type that every version accepts.
                ContentType = "application/apply-patch+yaml",
            },
            type.TypeInfo,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Deletes an object.</summary>
    /// <returns>False when it was gone already.</returns>
    /// <exception cref="KubernetesException">409 when a precondition of <paramref name="options"/> fails.</exception>
    public async Task<bool> DeleteAsync<T>(
        ResourceType<T> type, string? ns, string name, DeleteOptions? options = null, CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject
    {
        var body = new DeleteRequest
        {
            PropagationPolicy = options?.PropagationPolicy,
            GracePeriodSeconds = (long?)options?.GracePeriod?.TotalSeconds,
            Preconditions = options is { Uid: null, ResourceVersion: null } or null
                ? null
                : new DeletePreconditions { Uid = options.Uid, ResourceVersion = options.ResourceVersion },
        };
        var request = Request(HttpMethod.Delete, type.Path(ns, name), "DELETE") with
        {
            Body = JsonSerializer.SerializeToUtf8Bytes(body, WireJsonContext.Default.DeleteRequest),
            ContentType = "application/json",
        };
        try
        {
            using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Posts to a subresource such as <c>eviction</c> or <c>token</c>, whose body has a type of its own.</summary>
    public async Task<TBody> CreateSubresourceAsync<T, TBody>(
        ResourceType<T> type, string? ns, string name, string subresource, TBody body, JsonTypeInfo<TBody> bodyType,
        CancellationToken cancellationToken = default)
        where T : class, IKubernetesObject =>
        await ReadAsync(
            Request(HttpMethod.Post, type.Path(ns, name, subresource), "POST") with
            {
                Body = JsonSerializer.SerializeToUtf8Bytes(body, bodyType),
                ContentType = "application/json",
            },
            bodyType,
            cancellationToken).ConfigureAwait(false);

    public void Dispose()
    {
        if (_ownsSender)
            _sender.Dispose();
    }

    static string NameOf(IKubernetesObject obj) =>
        obj.Metadata.Name ?? throw new ArgumentException($"{obj.Kind} has no metadata.name", nameof(obj));

    static Query WithOptions(string path, WriteOptions? options) =>
        new Query(path).Add("fieldManager", options?.FieldManager).Add("dryRun", options?.DryRun is true ? "All" : null);

    static KubernetesList<T> OneByOne<T>(KubernetesList<JsonElement> raw, JsonTypeInfo<T> type, Action<UnreadableObject> onUnreadable)
    {
        var items = new List<T>(raw.Items.Count);
        foreach (var element in raw.Items)
        {
            try
            {
                if (element.Deserialize(type) is { } item)
                    items.Add(item);
            }
            catch (JsonException e)
            {
                onUnreadable(Unreadable.From(element, e));
            }
        }

        return new KubernetesList<T> { ApiVersion = raw.ApiVersion, Kind = raw.Kind, Metadata = raw.Metadata, Items = items };
    }

    ApiRequest Request(HttpMethod method, string path, string verb) => new(method, path, verb) { Timeout = RequestTimeout };

    async Task<T> WriteAsync<T>(
        HttpMethod method, ResourceType<T> type, string path, string verb, T obj, WriteOptions? options, CancellationToken cancellationToken)
        where T : class, IKubernetesObject =>
        await ReadAsync(
            Request(method, WithOptions(path, options).ToString(), verb) with
            {
                Body = JsonSerializer.SerializeToUtf8Bytes(obj, type.TypeInfo),
                ContentType = "application/json",
            },
            type.TypeInfo,
            cancellationToken).ConfigureAwait(false);

    Task<HttpResponseMessage> SendAsync(ApiRequest request, CancellationToken cancellationToken) =>
        _sender.SendAsync(request, request.Writes ? _writeGuard : null, cancellationToken);

    async Task<T> ReadAsync<T>(ApiRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        // The body has the same limit as the headers: a half-open connection must not hold a reader for ever. It counts from here:
        // before, the server may have asked to wait.
        using var limit = new TimeLimit(request.Timeout, _time, cancellationToken);
        try
        {
            var body = new CountingStream(await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false));
            await using (body.ConfigureAwait(false))
            {
                var answer = await JsonSerializer.DeserializeAsync(body, type, limit.Token).ConfigureAwait(false);
                _sender.Received(request, body.Count);
                return answer ?? throw new JsonException($"{request}: the answer is null");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{request}: the answer did not end within {request.Timeout?.TotalSeconds} s");
        }
    }
}
