using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Server;

/// <summary>The log as any C2SP client reads it: <c>/checkpoint</c> and <c>/tile/…</c>.</summary>
internal static class TileEndpoints
{
    private const string Immutable = "public, max-age=31536000, immutable";

    public static void MapTiles(this IEndpointRouteBuilder endpoints, LogStore store)
    {
        endpoints.MapGet("/checkpoint", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-cache";
            return Results.Bytes(store.Current.Note, "text/plain; charset=utf-8");
        });
        endpoints.MapGet("/tile/{**path}", (string path, HttpResponse response) =>
        {
            if (!TileCoordinate.TryParse("tile/" + path, out var tile))
                return Answers.NotFound($"'tile/{path}' is not a path of a tile, such as tile/0/000, tile/1/x001/234.p/5 or tile/entries/000");
            if (store.ReadTile(tile) is not { } content)
                return Answers.NotFound($"a log of {store.Current.Size} entries has no {tile.Path}");
            response.Headers.CacheControl = Immutable;
            return Results.Bytes(content, "application/octet-stream");
        });
    }
}
