using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace EnterpriseAI.Telemetry;

/// <summary>
/// One JSON object per log entry and line: <c>timestamp</c> (RFC 3339, UTC), <c>level</c>, <c>category</c>, <c>message</c>, and where there is one
/// <c>event</c>, <c>traceId</c>, <c>spanId</c>, <c>fields</c> (the values in the message) and <c>exception</c>.
/// </summary>
internal sealed class JsonLineFormatter(TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "enterpriseai-json";

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        // The lines go to log collectors, not into HTML; quotes and non-ASCII letters stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var message = logEntry.Formatter(logEntry.State, logEntry.Exception);
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, WriterOptions))
        {
            json.WriteStartObject();
            json.WriteString("timestamp", time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteString("level", LevelName(logEntry.LogLevel));
            json.WriteString("category", logEntry.Category);
            json.WriteString("message", message);
            if (!string.IsNullOrEmpty(logEntry.EventId.Name)) json.WriteString("event", logEntry.EventId.Name);
            if (Activity.Current is { } activity)
            {
                json.WriteString("traceId", activity.TraceId.ToHexString());
                json.WriteString("spanId", activity.SpanId.ToHexString());
            }
            WriteFields(json, logEntry.State, scopeProvider);
            if (logEntry.Exception is { } exception) json.WriteString("exception", exception.ToString());
            json.WriteEndObject();
        }
        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteFields<TState>(Utf8JsonWriter json, TState state, IExternalScopeProvider? scopeProvider)
    {
        var fields = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        // What the host adds by itself (connection and request ids, activity ids) is either above or of no use to a reader.
        scopeProvider?.ForEachScope(static (scope, into) =>
        {
            if (scope is Dictionary<string, object?> named) foreach (var (key, value) in named) into[key] = value;
        }, fields);
        if (state is IReadOnlyList<KeyValuePair<string, object?>> values)
            foreach (var (key, value) in values)
                if (key != "{OriginalFormat}") fields[key] = value;
        if (fields.Count == 0) return;
        json.WriteStartObject("fields");
        foreach (var (key, value) in fields) WriteField(json, key, value);
        json.WriteEndObject();
    }

    private static void WriteField(Utf8JsonWriter json, string key, object? value)
    {
        switch (value)
        {
            case null: json.WriteNull(key); break;
            case bool flag: json.WriteBoolean(key, flag); break;
            case int number: json.WriteNumber(key, number); break;
            case long number: json.WriteNumber(key, number); break;
            case double number when double.IsFinite(number): json.WriteNumber(key, number); break;
            case IFormattable other: json.WriteString(key, other.ToString(null, CultureInfo.InvariantCulture)); break;
            default: json.WriteString(key, value.ToString()); break;
        }
    }

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };
}
