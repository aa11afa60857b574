using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Asks a server for the same inference in each way that the protocols have for tensors.</summary>
internal sealed class InferenceWays(GrpcClient client, string[] names)
{
    public static readonly string[] All = ["REST JSON", "REST binary", "gRPC raw", "gRPC typed"];

    public static async Task<InferenceWays> ToAsync(GrpcClient client)
    {
        var inputs = (await client.Server.GetAsync("/v2/models/m")).Body.GetProperty("inputs");
        return new InferenceWays(client, [.. inputs.EnumerateArray().Select(input => input.GetProperty("name").GetString()!)]);
    }

    /// <param name="way">A position in <see cref="All"/>.</param>
    /// <param name="inputs">The model's inputs in its order.</param>
    /// <returns>The outputs in the model's order.</returns>
    public Task<TensorFile[]> InferAsync(int way, TensorFile[] inputs) => way switch
    {
        0 => JsonAsync(inputs),
        1 => BinaryAsync(inputs),
        _ => GrpcAsync(inputs, raw: way == 2),
    };

    private string Described(TensorFile[] inputs, Func<TensorFile, string> data) => string.Join(',', inputs.Select((input, index) =>
        $$"""{"name":{{JsonSerializer.Serialize(names[index])}},"shape":[{{string.Join(',', input.Shape)}}],"datatype":"{{input.Datatype}}",{{data(input)}}}"""));

    private async Task<TensorFile[]> JsonAsync(TensorFile[] inputs)
    {
        var (status, body) = await client.Server.InferAsync($$"""{"inputs":[{{Described(inputs, static input => $"\"data\":{input.Json()}")}}]}""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), body.ToString());
        return [.. body.GetProperty("outputs").EnumerateArray().Select(static output => Tensor(output, output.GetProperty("datatype").GetString() == "FP32"
            ? OnnxModels.Of(output.GetProperty("data").EnumerateArray().Select(static value => value.GetSingle()).ToArray())
            : OnnxModels.Of(output.GetProperty("data").EnumerateArray().Select(static value => value.GetInt64()).ToArray())))];
    }

    private static TensorFile Tensor(JsonElement output, byte[] raw) => new(
        output.GetProperty("datatype").GetString()!, [.. output.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt64())], raw);

    private async Task<TensorFile[]> BinaryAsync(TensorFile[] inputs)
    {
        var json = Encoding.UTF8.GetBytes($$"""{"parameters":{"binary_data_output":true},"inputs":[{{Described(inputs, static input => $$"""
            "parameters":{"binary_data_size":{{input.Raw.Length}}}
            """)}}]}""");
        var content = new ByteArrayContent([.. json, .. inputs.SelectMany(static input => input.Raw)]);
        content.Headers.Add("Inference-Header-Content-Length", json.Length.ToString(CultureInfo.InvariantCulture));
        using var response = await client.Server.Client.PostAsync("/v2/models/m/infer", content);
        var bytes = await response.Content.ReadAsByteArrayAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), () => Encoding.UTF8.GetString(bytes));
        var at = int.Parse(response.Headers.GetValues("Inference-Header-Content-Length").Single(), CultureInfo.InvariantCulture);
        var outputs = new List<TensorFile>();
        foreach (var output in JsonSerializer.Deserialize<JsonElement>(bytes.AsSpan(0, at)).GetProperty("outputs").EnumerateArray())
        {
            var length = output.GetProperty("parameters").GetProperty("binary_data_size").GetInt32();
            outputs.Add(Tensor(output, bytes[at..(at + length)]));
            at += length;
        }
        Assert.That(at, Is.EqualTo(bytes.Length));
        return [.. outputs];
    }

    private async Task<TensorFile[]> GrpcAsync(TensorFile[] inputs, bool raw)
    {
        var request = new ModelInferRequest
        {
            ModelName = "m",
            Inputs = { inputs.Select((input, index) => new InputTensor { Name = names[index], Datatype = input.Datatype, Shape = { input.Shape }, Contents = raw ? null : Contents(input) }) },
        };
        if (raw)
            request.RawInputContents.AddRange(inputs.Select(static input => ByteString.CopyFrom(input.Raw)));
        var answer = await client.InferAsync(request);
        // A client of typed contents gets such back.
        Assert.That(answer.RawOutputContents, Has.Count.EqualTo(raw ? answer.Outputs.Count : 0));
        return [.. answer.Outputs.Select((output, index) => new TensorFile(output.Datatype, [.. output.Shape], raw
            ? answer.RawOutputContents[index].ToByteArray()
            : output.Datatype == "FP32" ? OnnxModels.Of(output.Contents.Fp32Contents.ToArray()) : OnnxModels.Of(output.Contents.Int64Contents.ToArray())))];
    }

    private static InferTensorContents Contents(TensorFile input) => input.Datatype == "FP32"
        ? new InferTensorContents { Fp32Contents = { input.Floats } }
        : new InferTensorContents { Int64Contents = { input.Integers } };
}
