using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Tiles;

namespace EnterpriseAI.Audit.Server;

/// <summary><c>POST /v1/entries</c>.</summary>
internal sealed class AppendEndpoint(LogAppender appender, BearerToken token, AuditMetrics metrics)
{
    public async Task<IResult> HandleAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!token.Allows(request))
        {
            metrics.Append("unauthorized");
            request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
            return Answers.Error(StatusCodes.Status401Unauthorized, "Unauthorized", "appending needs the header 'Authorization: Bearer TOKEN' with the log's token");
        }
        try
        {
            if (await ReadBodyAsync(request, cancellationToken).ConfigureAwait(false) is not { } body) return TooLarge();
            var read = AuditEventReader.Read(body);
            if (read.Canonical.Length > EntryBundle.MaxEntryBytes) return TooLarge();
            var result = await appender.AppendAsync(read.Id, read.Canonical, cancellationToken).ConfigureAwait(false);
            metrics.Append(result.Duplicate ? "duplicate" : "appended");
            return Results.Json(result, AuditJson.Default.AppendResult);
        }
        catch (InvalidAuditEventException e)
        {
            metrics.Append("invalid");
            return Answers.Error(StatusCodes.Status400BadRequest, "InvalidEvent", e.Message, e.Field.Length > 0 ? e.Field : null);
        }
        catch (LogUnavailableException e)
        {
            metrics.Append("unavailable");
            return Answers.Error(StatusCodes.Status503ServiceUnavailable, "Unavailable", $"the entry could not be made durable: {e.Message}");
        }
    }

    private IResult TooLarge()
    {
        metrics.Append("invalid");
        return Answers.Error(StatusCodes.Status413PayloadTooLarge, "TooLarge", $"an event has at most {EntryBundle.MaxEntryBytes} bytes; store a digest instead of the content");
    }

    private static async Task<ReadOnlyMemory<byte>?> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.ContentLength > EntryBundle.MaxEntryBytes) return null;
        var buffer = new byte[(int)(request.ContentLength ?? EntryBundle.MaxEntryBytes) + 1];
        var read = await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read == buffer.Length) return null;
        return buffer.AsMemory(0, read);
    }
}
