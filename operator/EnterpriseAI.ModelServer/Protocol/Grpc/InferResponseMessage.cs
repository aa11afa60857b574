using System.Buffers.Binary;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>
/// A ModelInferResponse. Its data is raw and goes from the tensors' own memory to the connection, unless the request's inputs
/// came as typed contents: then so do the outputs, where their datatypes have such. Some servers answer always raw, some as they
/// were asked; a client of either kind reads this.
/// </summary>
internal sealed class InferResponseMessage : IDisposable
{
    private const int LengthPrefixBytes = 4;
    private const int MaxVarintBytes = 10;

    private const int Step = 64 << 10;

    private static readonly uint RawTag = ProtoReader.Tag(ModelInferResponse.RawOutputContentsFieldNumber, ProtoReader.LengthDelimited);
    private static readonly uint EnvelopeTag = ProtoReader.Tag(ModelStreamInferResponse.InferResponseFieldNumber, ProtoReader.LengthDelimited);

    private readonly ModelInferResponse _head = new();
    private readonly List<(OrtTensor Tensor, RentedBytes? Strings, long Length)> _raw = [];
    private readonly long _length;

    public InferResponseMessage(ServedModel model, GrpcInferRequest request, string[] names, IReadOnlyList<OrtTensor> outputs)
    {
        _head.ModelName = model.Name;
        _head.ModelVersion = model.Version ?? "";
        _head.Id = request.Id;
        var typed = request.HasContents && outputs.All(static output => TypedContents.Has(output.Type));
        for (var index = 0; index < names.Length; index++)
        {
            var output = outputs[index];
            var described = new ModelInferResponse.Types.InferOutputTensor { Name = names[index], Datatype = Datatype.Of(output.Type), Shape = { output.Shape } };
            if (typed)
                described.Contents = TypedContents.Of(output);
            _head.Outputs.Add(described);
        }
        _length = _head.CalculateSize();
        foreach (var output in typed ? [] : outputs)
            AddRaw(output);
    }

    private void AddRaw(OrtTensor output)
    {
        var strings = output.Type == TensorElementType.String ? StringsOf(output) : null;
        _raw.Add((output, strings, strings?.Length ?? output.Count * output.Type.Bytes()));
    }

    /// <param name="call">Where to.</param>
    /// <param name="enveloped">Whether it goes as the infer_response of a ModelStreamInferResponse.</param>
    /// <exception cref="GrpcException">It is larger than a message may be.</exception>
    public async ValueTask WriteAsync(GrpcCall call, bool enveloped)
    {
        var length = _raw.Aggregate(_length, static (sum, raw) => sum + SizeOf(RawTag) + SizeOf((uint)raw.Length) + raw.Length);
        var whole = enveloped ? SizeOf(EnvelopeTag) + SizeOf((uint)length) + length : length;
        if (whole > int.MaxValue)
            throw new GrpcException(GrpcCode.ResourceExhausted, $"the response has {whole} bytes, a message may have {int.MaxValue}: ask for fewer outputs or a smaller batch");
        call.BeginMessage((int)whole);
        WriteHead(call, enveloped ? (int)length : null);
        foreach (var (tensor, strings, bytes) in _raw)
        {
            WriteField(call, RawTag, (int)bytes);
            for (var at = 0; at < bytes; at += Step)
            {
                Copy(call, strings is not null ? strings.Span : tensor.Bytes(), at);
                await call.FlushMuchAsync().ConfigureAwait(false);
            }
        }
        call.EndMessage();
        if (enveloped)
            await call.FlushAsync().ConfigureAwait(false);
    }

    private void WriteHead(GrpcCall call, int? envelopedLength)
    {
        if (envelopedLength is { } length)
            WriteField(call, EnvelopeTag, length);
        _head.WriteTo(call.Space((int)_length));
        call.Written((int)_length);
    }

    private static void WriteField(GrpcCall call, uint tag, int length)
    {
        var space = call.Space(2 * MaxVarintBytes);
        var written = WriteVarint(space, tag);
        written += WriteVarint(space[written..], (uint)length);
        call.Written(written);
    }

    private static void Copy(GrpcCall call, ReadOnlySpan<byte> bytes, int at)
    {
        var part = bytes.Slice(at, Math.Min(Step, bytes.Length - at));
        part.CopyTo(call.Space(part.Length));
        call.Written(part.Length);
    }

    private static int SizeOf(uint value) => CodedOutputStream.ComputeUInt32Size(value);

    private static int WriteVarint(Span<byte> space, uint value)
    {
        var length = 0;
        for (; value > 0x7F; value >>= 7)
            space[length++] = (byte)(value | 0x80);
        space[length++] = (byte)value;
        return length;
    }

    private static RentedBytes StringsOf(OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        var length = checked(content.Length + LengthPrefixBytes * (int)tensor.Count);
        var strings = new RentedBytes();
        var rest = strings.Space(length, length);
        for (var index = 0; index < tensor.Count; index++)
        {
            var text = content.AsSpan((int)offsets[index]..(int)offsets[index + 1]);
            BinaryPrimitives.WriteInt32LittleEndian(rest, text.Length);
            text.CopyTo(rest[LengthPrefixBytes..]);
            rest = rest[(LengthPrefixBytes + text.Length)..];
        }
        strings.Advance(length);
        return strings;
    }

    public void Dispose()
    {
        foreach (var (_, strings, _) in _raw)
            strings?.Dispose();
    }
}
