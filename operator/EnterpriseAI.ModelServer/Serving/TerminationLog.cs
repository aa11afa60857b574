using System.IO.Compression;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>The file through which a container tells the kubelet, and so the operator, why it ended and with what result.</summary>
internal static class TerminationLog
{
    public const string DefaultPath = "/dev/termination-log";

    // The kubelet cuts longer messages.
    private const int MaxBytes = 4096;
    private const int MaxErrorCharacters = 600;

    // People read these messages in kubectl: quotes stay quotes.
    private static readonly TerminationLogContext Context = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The message of a failure.</summary>
    public static string Error(string reason, string message) => JsonSerializer.Serialize(
        new ErrorReport(new ErrorDetails(reason, message.Length <= MaxErrorCharacters ? message : message[..MaxErrorCharacters] + "…")),
        Context.ErrorReport);

    /// <summary>The text for a JSON result: itself, or <c>gzip:</c> and base64 of it compressed when it is longer than a message may be.</summary>
    public static string Encode(string json) => Pack(json)
        ?? Error("ResultTooLarge", $"the result has {json.Length} characters, too many for a termination message: it is the last line of the log");

    /// <summary>Whether <see cref="Encode"/> can tell the result.</summary>
    public static bool Fits(string json) => Pack(json) is not null;

    private static string? Pack(string json)
    {
        if (Encoding.UTF8.GetByteCount(json) <= MaxBytes)
            return json;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(json));
        var text = "gzip:" + Convert.ToBase64String(packed.ToArray());
        return text.Length <= MaxBytes ? text : null;
    }

    /// <summary>Writes to <paramref name="path"/>; without one to <see cref="DefaultPath"/> where that exists.</summary>
    public static async Task WriteAsync(string? path, string json, CancellationToken cancellationToken)
    {
        path ??= File.Exists(DefaultPath) ? DefaultPath : null;
        if (path is not null)
            await File.WriteAllTextAsync(path, Encode(json), cancellationToken).ConfigureAwait(false);
    }
}

internal sealed record ErrorReport([property: JsonPropertyName("error")] ErrorDetails Error);

internal sealed record ErrorDetails(
    [property: JsonPropertyName("reason")] string Reason,
    [property: JsonPropertyName("message")] string Message);

[JsonSerializable(typeof(ErrorReport))]
internal sealed partial class TerminationLogContext : JsonSerializerContext;
