using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Testing;

/// <summary>One open watch of the fake server.</summary>
internal sealed class FakeWatch(string collection, Func<JsonObject, bool> matches)
{
    readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    readonly HashSet<string> _sent = [];

    public string Collection => collection;

    public Stream Body => _pipe.Reader.AsStream();

    /// <summary>As a selector demands: an object that no longer matches is reported as deleted.</summary>
    public void Send(string type, JsonObject obj)
    {
        var name = Name(obj);
        if (type is "ADDED" or "MODIFIED" && !matches(obj))
        {
            if (!_sent.Remove(name))
                return;
            type = "DELETED";
        }
        else if (type == "DELETED" && !matches(obj) && !_sent.Contains(name))
        {
            return;
        }

        if (type == "DELETED")
            _sent.Remove(name);
        else if (type is "ADDED" or "MODIFIED")
            _sent.Add(name);
        Raw(new JsonObject { ["type"] = type, ["object"] = obj.DeepClone() }.ToJsonString() + "\n");
    }

    /// <summary>The watcher may know this object from before.</summary>
    public void Knows(JsonObject obj) => _sent.Add(Name(obj));

    public void Raw(string text)
    {
        _pipe.Writer.Write(Encoding.UTF8.GetBytes(text));
        _ = _pipe.Writer.FlushAsync();
    }

    public void End(Exception? error) => _pipe.Writer.Complete(error);

    static string Name(JsonObject obj) => $"{obj["metadata"]?["namespace"]}/{obj["metadata"]?["name"]}";
}

internal static class PipeWriterExtensions
{
    public static void Write(this PipeWriter writer, byte[] bytes) => System.Buffers.BuffersExtensions.Write(writer, bytes);
}
