using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EnterpriseAI.Kubernetes;

/// <summary>Splits the body of a watch into lines and reads each as an event.</summary>
internal static class WatchFrame
{
    const string InitialEventsEnd = "k8s.io/initial-events-end";

    /// <summary>Takes the next line off <paramref name="buffer"/>; at the end of the body also one without a line break.</summary>
    public static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool ended, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end);
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        line = buffer;
        if (!ended || buffer.IsEmpty)
            return false;
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    /// <summary>Null for an empty line and for event types that are not known yet.</summary>
    /// <exception cref="KubernetesException">The event is an error.</exception>
    /// <exception cref="JsonException">The line is no event: the stream was cut or corrupted.</exception>
    public static WatchEvent<T>? Parse<T>(ReadOnlySequence<byte> line, JsonTypeInfo<T> typeInfo)
        where T : class, IKubernetesObject
    {
        if (IsBlank(line))
            return null;
        var (type, content) = Open(line);
        return type switch
        {
            FrameType.Added => Change(WatchEventType.Added, content, typeInfo),
            FrameType.Modified => Change(WatchEventType.Modified, content, typeInfo),
            FrameType.Deleted => Change(WatchEventType.Deleted, content, typeInfo),
            FrameType.Bookmark => Bookmark<T>(content),
            FrameType.Error => throw Failure(content),
            _ => null,
        };
    }

    static (FrameType Type, ReadOnlySequence<byte> Object) Open(ReadOnlySequence<byte> line)
    {
        var type = FrameType.Unknown;
        var content = ReadOnlySequence<byte>.Empty;
        var reader = new Utf8JsonReader(line);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException("a watch event must be a JSON object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("type"u8))
            {
                reader.Read();
                type = TypeOf(reader);
            }
            else if (reader.ValueTextEquals("object"u8))
            {
                reader.Read();
                var start = reader.TokenStartIndex;
                reader.Skip();
                content = line.Slice(start, reader.BytesConsumed - start);
            }
            else
            {
                reader.Skip();
            }
        }

        return (type, content);
    }

    static FrameType TypeOf(Utf8JsonReader reader)
    {
        // Compared as bytes: no text is made of each event, nor of bytes that are no UTF-8.
        if (reader.TokenType != JsonTokenType.String)
            throw new JsonException("the type of a watch event must be a string");
        if (reader.ValueTextEquals("MODIFIED"u8))
            return FrameType.Modified;
        if (reader.ValueTextEquals("ADDED"u8))
            return FrameType.Added;
        if (reader.ValueTextEquals("DELETED"u8))
            return FrameType.Deleted;
        if (reader.ValueTextEquals("BOOKMARK"u8))
            return FrameType.Bookmark;
        return reader.ValueTextEquals("ERROR"u8) ? FrameType.Error : FrameType.Unknown;
    }

    static bool IsBlank(ReadOnlySequence<byte> line)
    {
        foreach (var part in line)
        {
            if (!part.Span.Trim(" \t\r"u8).IsEmpty)
                return false;
        }

        return true;
    }

    static WatchEvent<T> Change<T>(WatchEventType type, ReadOnlySequence<byte> content, JsonTypeInfo<T> typeInfo)
        where T : class, IKubernetesObject
    {
        try
        {
            var obj = Deserialize(content, typeInfo) ?? throw new JsonException("a watch event without an object");
            return new WatchEvent<T>(type, obj, obj.Metadata.ResourceVersion);
        }
        catch (JsonException e)
        {
            // Throws again when even the metadata cannot be read: then it is the stream that is broken, not the object.
            var metadata = Deserialize(content, WireJsonContext.Default.PartialObject)?.Metadata;
            if (metadata?.Name is null)
                throw;
            return new WatchEvent<T>(type, null, metadata.ResourceVersion)
            {
                Unreadable = new UnreadableObject(metadata.Namespace, metadata.Name, e),
            };
        }
    }

    static WatchEvent<T> Bookmark<T>(ReadOnlySequence<byte> content)
        where T : class
    {
        var metadata = Deserialize(content, WireJsonContext.Default.PartialObject)?.Metadata;
        return new WatchEvent<T>(WatchEventType.Bookmark, null, metadata?.ResourceVersion)
        {
            EndsInitialEvents = metadata?.Annotations?.GetValueOrDefault(InitialEventsEnd) == "true",
        };
    }

    static KubernetesException Failure(ReadOnlySequence<byte> content)
    {
        var status = Deserialize(content, KubernetesJsonContext.Default.V1Status) ?? new V1Status { Message = "the watch ended with an error" };
        var wait = status.Details?.RetryAfterSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : (TimeSpan?)null;
        return new KubernetesException((HttpStatusCode)(status.Code ?? 500), status, wait, "watch");
    }

    static TValue? Deserialize<TValue>(ReadOnlySequence<byte> content, JsonTypeInfo<TValue> typeInfo)
    {
        var reader = new Utf8JsonReader(content);
        try
        {
            return JsonSerializer.Deserialize(ref reader, typeInfo);
        }
        catch (InvalidOperationException e)
        {
            // Bytes inside a string that are no UTF-8.
            throw new JsonException(e.Message, e);
        }
    }

    enum FrameType
    {
        /// <summary>Of a server newer than this library.</summary>
        Unknown,
        Added,
        Modified,
        Deleted,
        Bookmark,
        Error,
    }
}
