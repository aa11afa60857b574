using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

internal sealed record ServerMetadata(string Name, string Version, IReadOnlyList<string> Extensions)
{
    public static ServerMetadata This { get; } = new(
        "enterpriseai-model-server", typeof(ServerMetadata).Assembly.GetName().Version!.ToString(3), [BinaryTensorData.Extension, "model_repository"]);
}

internal sealed record ModelMetadata(
    string Name, IReadOnlyList<string>? Versions, string Platform, IReadOnlyList<TensorMetadata> Inputs, IReadOnlyList<TensorMetadata> Outputs);

/// <summary>One input or output; -1 in the shape stands for any size.</summary>
internal sealed record TensorMetadata(string Name, string Datatype, IReadOnlyList<long> Shape)
{
    public static IReadOnlyList<TensorMetadata> Of(IReadOnlyList<TensorDescription> tensors) =>
        [.. tensors.Select(static tensor => new TensorMetadata(tensor.Name, Protocol.Datatype.Of(tensor.Type), tensor.Shape))];
}

internal sealed record ModelReady(string Name, bool Ready);

internal sealed record ServerLive(bool Live);

internal sealed record ServerReady(bool Ready);

/// <param name="Ready">Only versions that are ready.</param>
internal sealed record IndexQuery(bool Ready);

internal sealed record ModelControlRequest(IReadOnlyDictionary<string, JsonElement>? Parameters);

internal sealed record ModelLoaded(string Name, bool Load);

internal sealed record ModelUnloaded(string Name, bool Unload);

internal sealed record ErrorMessage([property: JsonPropertyName("error")] string Error);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ServerMetadata))]
[JsonSerializable(typeof(ModelMetadata))]
[JsonSerializable(typeof(ModelReady))]
[JsonSerializable(typeof(ServerLive))]
[JsonSerializable(typeof(ServerReady))]
[JsonSerializable(typeof(IndexQuery))]
[JsonSerializable(typeof(ModelControlRequest))]
[JsonSerializable(typeof(ModelIndexEntry[]))]
[JsonSerializable(typeof(ModelLoaded))]
[JsonSerializable(typeof(ModelUnloaded))]
[JsonSerializable(typeof(ErrorMessage))]
internal sealed partial class ProtocolJsonContext : JsonSerializerContext
{
    /// <summary>For errors, which people read: quotes stay quotes.</summary>
    public static ProtocolJsonContext Readable { get; } = new(new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
}
