using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit;

/// <summary>Speaks with an audit log over HTTP. Safe for use by many threads.</summary>
/// <param name="http">Its <see cref="HttpClient.BaseAddress"/> is the log's, with a path where there is a proxy in between.</param>
/// <param name="tokenFile">A file with the token for appends, read at each append; null when the log needs none.</param>
/// <param name="timeout">How long one request may take; 10 seconds when null.</param>
/// <param name="time">The clock of the timeout.</param>
public sealed class AuditLogClient(HttpClient http, string? tokenFile = null, TimeSpan? timeout = null, TimeProvider? time = null) : IAuditLog
{
    private const int PageSize = 1000;

    // A full bundle of the longest entries.
    private const int MaxAnswerBytes = TileCoordinate.FullWidth * (EntryBundle.MaxEntryBytes + 2);

    private readonly Uri _base = BaseOf(http);
    private readonly TimeSpan _timeout = timeout ?? TimeSpan.FromSeconds(10);
    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <inheritdoc/>
    public async Task<AppendResult> AppendAsync(AuditEvent auditEvent, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address("v1/entries"));
        request.Content = new ByteArrayContent(auditEvent.ToCanonicalJson());
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (tokenFile is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await ReadTokenAsync(tokenFile, cancellationToken).ConfigureAwait(false));
        return Deserialize(await SendAsync(request, cancellationToken).ConfigureAwait(false), AuditJson.Default.AppendResult);
    }

    /// <summary>Reads entries in their order, a page at a time.</summary>
    /// <remarks>Caveats: what the server says, unproved. For proof, download the log (<see cref="AuditExport"/>) and verify the copy.</remarks>
    /// <exception cref="AuditUnavailableException">The log is away.</exception>
    public async IAsyncEnumerable<AuditEntry> ReadAsync(AuditQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = query.Start;
        var remaining = query.Limit ?? long.MaxValue;
        while (remaining > 0)
        {
            var limit = Math.Min(PageSize, remaining);
            var page = await GetAsync(EntriesPath(query, start, limit), cancellationToken).ConfigureAwait(false);
            var lines = Encoding.UTF8.GetString(page).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            foreach (var line in lines)
            {
                var entry = Deserialize(Encoding.UTF8.GetBytes(line), AuditJson.Default.AuditEntry);
                start = entry.Index + 1;
                yield return entry;
            }
            remaining -= lines.Length;
            if (lines.Length < limit) yield break;
        }
    }

    /// <summary>The signed checkpoint as it is served; <see cref="Checkpoint.Open"/> reads it with a key that the caller trusts.</summary>
    /// <exception cref="AuditUnavailableException">The log is away.</exception>
    public Task<byte[]> GetCheckpointAsync(CancellationToken cancellationToken) => GetAsync(Checkpoint.FileName, cancellationToken);

    /// <summary>The key that the server says is its own.</summary>
    /// <remarks>Caveats: good for a first look and to be written down in a safe place; never for verifying what the same server says.</remarks>
    /// <exception cref="AuditUnavailableException">The log is away.</exception>
    public async Task<LogVerifierKey> GetKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return LogVerifierKey.Parse(Encoding.UTF8.GetString(await GetAsync("v1/key", cancellationToken).ConfigureAwait(false)));
        }
        catch (FormatException e)
        {
            throw new AuditUnavailableException($"{_base} answered v1/key with something else: {e.Message}", e);
        }
    }

    /// <summary>One file of the log.</summary>
    /// <exception cref="AuditUnavailableException">The log is away, or has no such file.</exception>
    public Task<byte[]> GetTileAsync(TileCoordinate tile, CancellationToken cancellationToken) => GetAsync(tile.Path, cancellationToken);

    /// <summary>The proof for an entry in the tree of a size.</summary>
    /// <exception cref="AuditUnavailableException">The log is away, or has no such entry.</exception>
    public async Task<InclusionProof> GetInclusionProofAsync(long index, long size, CancellationToken cancellationToken) => Deserialize(
        await GetAsync(string.Create(CultureInfo.InvariantCulture, $"v1/proof/inclusion?index={index}&size={size}"), cancellationToken).ConfigureAwait(false),
        AuditJson.Default.InclusionProof);

    private static string EntriesPath(AuditQuery query, long start, long limit)
    {
        var path = new StringBuilder(string.Create(CultureInfo.InvariantCulture, $"v1/entries?start={start}&limit={limit}"));
        foreach (var (name, value) in new[] { ("kind", query.Kind), ("namespace", query.Namespace), ("name", query.Name) })
            if (value is not null) path.Append(CultureInfo.InvariantCulture, $"&{name}={Uri.EscapeDataString(value)}");
        return path.ToString();
    }

    private async Task<byte[]> GetAsync(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address(path));
        return await SendAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private async Task<byte[]> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token).ConfigureAwait(false);
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, either.Token).ConfigureAwait(false);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token).ConfigureAwait(false);
            return response.IsSuccessStatusCode ? body : throw Refusal(request, response.StatusCode, body);
        }
        catch (HttpRequestException e)
        {
            throw new AuditUnavailableException($"the audit log at {_base} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new AuditUnavailableException($"the audit log at {_base} did not answer within {_timeout.TotalSeconds:0.###} s", e);
        }
    }

    private Exception Refusal(HttpRequestMessage request, HttpStatusCode status, byte[] body)
    {
        ErrorAnswer.Details? error = null;
        try
        {
            error = JsonSerializer.Deserialize(body, AuditJson.Default.ErrorAnswer)?.Error;
        }
        catch (JsonException)
        {
            // Not the log itself that answers, but something in between.
        }
        if (error is not null && status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge && request.Method == HttpMethod.Post)
            return new InvalidAuditEventException(error!.Field ?? "", error.Message);
        return new AuditUnavailableException($"the audit log at {_base} answered {(int)status} to {request.Method} {request.RequestUri?.AbsolutePath}: {error?.Message ?? status.ToString()}");
    }

    private T Deserialize<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(body, type) ?? throw new JsonException("it is null");
        }
        catch (JsonException e)
        {
            throw new AuditUnavailableException($"the audit log at {_base} answered with something else than {typeof(T).Name}: {e.Message}", e);
        }
    }

    private static async Task<string> ReadTokenAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return (await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new AuditUnavailableException($"the audit log's token cannot be read: {e.Message}", e);
        }
    }

    private Uri Address(string path) => new(_base, path);

    // Behind a proxy the address has a path, and without the last slash its last part would be replaced.
    private static Uri BaseOf(HttpClient http) => http.BaseAddress switch
    {
        null => throw new ArgumentException("the HttpClient needs a BaseAddress: that of the audit log", nameof(http)),
        { AbsolutePath: [.., '/'] } address => address,
        var address => new Uri(address.AbsoluteUri + "/"),
    };
}
