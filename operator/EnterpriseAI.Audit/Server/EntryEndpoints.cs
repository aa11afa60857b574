using System.Globalization;
using System.Text;
using System.Text.Json;
using EnterpriseAI.Audit.Storage;

namespace EnterpriseAI.Audit.Server;

/// <summary>The log as people read it: <c>GET /v1/entries</c> and <c>GET /v1/proof/inclusion</c>.</summary>
internal static class EntryEndpoints
{
    /// <summary>How many lines <c>GET /v1/entries</c> gives when it is not told, and at most.</summary>
    public const int DefaultLimit = 1000;

    public const int MaxLimit = 10_000;

    private static readonly byte[] LineEnd = [(byte)'}', (byte)'\n'];
    private static readonly string[] EntriesParameters = ["start", "limit", "kind", "namespace", "name"];

    public static void MapEntries(this IEndpointRouteBuilder endpoints, LogStore store)
    {
        var reader = new EntryReader(store);
        endpoints.MapGet("/v1/entries", (HttpRequest request) => Entries(reader, request.Query, request.HttpContext.RequestAborted));
        endpoints.MapGet("/v1/proof/inclusion", (HttpRequest request) => Inclusion(reader, store, request.Query));
    }

    private static IResult Entries(EntryReader reader, IQueryCollection query, CancellationToken aborted)
    {
        foreach (var parameter in query.Keys)
            if (!EntriesParameters.Contains(parameter, StringComparer.Ordinal))
                return Answers.BadQuery(parameter, $"is not a parameter; allowed are {string.Join(", ", EntriesParameters)}");
        if (!TryRead(query, "start", 0, out var start)) return Answers.BadQuery("start", "must be an index from 0");
        if (!TryRead(query, "limit", DefaultLimit, out var limit) || limit is < 1 or > MaxLimit) return Answers.BadQuery("limit", $"must be a number from 1 to {MaxLimit}");
        return Results.Stream(body => WriteLinesAsync(reader, query, start, limit, body, aborted), "application/jsonl; charset=utf-8");
    }

    private static async Task WriteLinesAsync(EntryReader reader, IQueryCollection query, long start, long limit, Stream body, CancellationToken aborted)
    {
        string? kind = query["kind"], space = query["namespace"], name = query["name"];
        foreach (var (index, entry) in reader.Read(start))
        {
            aborted.ThrowIfCancellationRequested();
            if (!Matches(entry)) continue;
            // The entry's own bytes: what is hashed is what is shown.
            await body.WriteAsync(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"index\":{index},\"event\":")), aborted).ConfigureAwait(false);
            await body.WriteAsync(entry, aborted).ConfigureAwait(false);
            await body.WriteAsync(LineEnd, aborted).ConfigureAwait(false);
            if (--limit == 0) return;
        }

        bool Matches(ReadOnlyMemory<byte> entry)
        {
            if (kind is null && space is null && name is null) return true;
            using var document = JsonDocument.Parse(entry);
            var resource = document.RootElement.GetProperty("resource");
            return Is("kind", kind) && Is("namespace", space) && Is("name", name);

            bool Is(string property, string? wanted) =>
                wanted is null || (resource.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String && value.ValueEquals(wanted));
        }
    }

    private static IResult Inclusion(EntryReader reader, LogStore store, IQueryCollection query)
    {
        var logSize = store.Current.Size;
        if (!TryRead(query, "size", logSize, out var size) || size > logSize) return Answers.BadQuery("size", $"must be a tree size up to {logSize}");
        if (!TryRead(query, "index", -1, out var index) || index < 0 || index >= size) return Answers.BadQuery("index", $"must be an index below the tree size {size}");
        return Results.Json(reader.Prove(index, size), AuditJson.Default.InclusionProof);
    }

    private static bool TryRead(IQueryCollection query, string name, long fallback, out long value)
    {
        value = fallback;
        return !query.TryGetValue(name, out var text) || long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
