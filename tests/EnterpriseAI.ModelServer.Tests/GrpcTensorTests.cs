using System.Runtime.InteropServices;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using InputTensor = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelInferRequest.Types.InferInputTensor;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Tensors of every datatype through a model that gives back what it is given.</summary>
public class GrpcTensorTests
{
    private static ModelInferRequest Request(string datatype, long[] shape, InferTensorContents? contents, params byte[][] raw) => new()
    {
        ModelName = "m",
        Inputs = { new InputTensor { Name = "x", Datatype = datatype, Shape = { shape }, Contents = contents } },
        RawInputContents = { raw.Select(ByteString.CopyFrom) },
    };

    private static byte[] Bytes<T>(params T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static byte[] Strings(params byte[][] values) => [.. values.SelectMany(static value => Bytes(value.Length).Concat(value))];

    /// <summary>Datatype, its elements as raw contents and, where it has such, as typed contents.</summary>
    private static readonly (string Datatype, byte[] Raw, InferTensorContents? Contents)[] Tensors =
    [
        ("BOOL", [1, 0, 0, 1], new() { BoolContents = { true, false, false, true } }),
        ("UINT8", [0, 1, 128, 255], new() { UintContents = { 0, 1, 128, 255 } }),
        ("UINT16", Bytes<ushort>(0, 1, 256, ushort.MaxValue), new() { UintContents = { 0, 1, 256, ushort.MaxValue } }),
        ("UINT32", Bytes<uint>(0, 1, 1u << 31, uint.MaxValue), new() { UintContents = { 0, 1, 1u << 31, uint.MaxValue } }),
        ("UINT64", Bytes<ulong>(0, 1, 1ul << 63, ulong.MaxValue), new() { Uint64Contents = { 0, 1, 1ul << 63, ulong.MaxValue } }),
        ("INT8", Bytes<sbyte>(0, -1, sbyte.MinValue, sbyte.MaxValue), new() { IntContents = { 0, -1, sbyte.MinValue, sbyte.MaxValue } }),
        ("INT16", Bytes<short>(0, -1, short.MinValue, short.MaxValue), new() { IntContents = { 0, -1, short.MinValue, short.MaxValue } }),
        ("INT32", Bytes<int>(0, -1, int.MinValue, int.MaxValue), new() { IntContents = { 0, -1, int.MinValue, int.MaxValue } }),
        ("INT64", Bytes<long>(0, -1, long.MinValue, long.MaxValue), new() { Int64Contents = { 0, -1, long.MinValue, long.MaxValue } }),
        ("FP16", Bytes<Half>((Half)1.5, Half.NaN, Half.NegativeInfinity, Half.Epsilon), null),
        ("BF16", Bytes<ushort>(0x3FC0, 0x7FC0, 0xFF80, 1), null),
        ("FP32", Bytes<float>(1.5f, float.NaN, float.NegativeInfinity, -0f), new() { Fp32Contents = { 1.5f, float.NaN, float.NegativeInfinity, -0f } }),
        ("FP64", Bytes<double>(1.5, double.NaN, double.NegativeInfinity, double.Epsilon), new() { Fp64Contents = { 1.5, double.NaN, double.NegativeInfinity, double.Epsilon } }),
        ("BYTES", Strings([], [0], "ä🐧"u8.ToArray(), [0xFF, 0xFE]), new() { BytesContents = { ByteString.Empty, ByteString.CopyFrom(0), ByteString.CopyFrom("ä🐧"u8), ByteString.CopyFrom(0xFF, 0xFE) } }),
    ];

    private static int OnnxType(string datatype) => (int)Enum.GetValues<TensorElementType>().Single(type => Datatype.Of(type) == datatype);

    private static IEnumerable<string> Datatypes => Tensors.Select(static tensor => tensor.Datatype);

    [Test]
    public void Every_datatype_that_the_server_knows_is_tested() => Assert.That(string.Join(", ", Datatypes), Is.EqualTo(Datatype.Names));

    [TestCaseSource(nameof(Datatypes))]
    public async Task Every_datatype_goes_there_and_back(string datatype)
    {
        var (_, raw, contents) = Tensors.Single(tensor => tensor.Datatype == datatype);
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));

        var answer = await client.InferAsync(Request(datatype, [2, 2], null, raw));
        Assert.That(answer.RawOutputContents.Single().ToByteArray(), Is.EqualTo(raw));
        Assert.That((answer.Outputs[0].Datatype, answer.Outputs[0].Shape), Is.EqualTo((datatype, new long[] { 2, 2 })));

        if (contents is null)
        {
            var refused = await client.CallAsync("ModelInfer", Request(datatype, [1, 1], new() { Fp32Contents = { 1 } }));
            Assert.That(refused.Status, Is.EqualTo(GrpcCode.InvalidArgument));
            Assert.That(refused.Error, Does.Contain($"{datatype} has no typed contents, send it in raw_input_contents"));
            return;
        }
        answer = await client.InferAsync(Request(datatype, [4, 1], contents));
        Assert.That(answer.RawOutputContents, Is.Empty);
        Assert.That(answer.Outputs[0].Contents, Is.EqualTo(contents));
        Assert.That(answer.Outputs[0].Shape, Is.EqualTo(new long[] { 4, 1 }));
    }

    [TestCaseSource(nameof(Datatypes))]
    public async Task Empty_tensors_go_there_and_back(string datatype)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));
        foreach (var contents in new byte[][][] { [], [[]] })
        {
            var raw = await client.InferAsync(Request(datatype, [0, 3], null, contents));
            Assert.That(raw.RawOutputContents.Single(), Is.EqualTo(ByteString.Empty));
            Assert.That(raw.Outputs[0].Shape, Is.EqualTo(new long[] { 0, 3 }));
        }
        if (datatype is "FP16" or "BF16")
            return;
        var typed = await client.InferAsync(Request(datatype, [3, 0], new InferTensorContents()));
        Assert.That(typed.RawOutputContents, Is.Empty);
        Assert.That(typed.Outputs[0].Shape, Is.EqualTo(new long[] { 3, 0 }));
    }

    [Test]
    public async Task An_element_more_or_less_is_refused()
    {
        foreach (var (datatype, raw, contents) in Tensors)
        {
            await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));
            foreach (var shape in new long[][] { [1, 3], [1, 5], [0, 4] })
            {
                var reply = await client.CallAsync("ModelInfer", Request(datatype, shape, null, raw));
                Assert.That(reply.Status, Is.EqualTo(GrpcCode.InvalidArgument), datatype);
                Assert.That(reply.Error, Does.StartWith("input 'x': "), datatype);
                if (contents is null)
                    continue;
                reply = await client.CallAsync("ModelInfer", Request(datatype, shape, contents));
                Assert.That(reply.Status, Is.EqualTo(GrpcCode.InvalidArgument), datatype);
                Assert.That(reply.Error, Does.Contain($"needs {shape[0] * shape[1]} elements, the contents have 4"), datatype);
            }
        }
    }

    private static IEnumerable<TestCaseData> OutOfRange =>
    [
        new("INT8", new InferTensorContents { IntContents = { 0, 128 } }),
        new("INT8", new InferTensorContents { IntContents = { 0, -129 } }),
        new("INT16", new InferTensorContents { IntContents = { 0, 32_768 } }),
        new("INT16", new InferTensorContents { IntContents = { 0, int.MinValue } }),
        new("UINT8", new InferTensorContents { UintContents = { 0, 256 } }),
        new("UINT16", new InferTensorContents { UintContents = { 0, uint.MaxValue } }),
    ];

    [TestCaseSource(nameof(OutOfRange))]
    public async Task An_element_out_of_range_is_named(string datatype, object contents)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));
        var reply = await client.CallAsync("ModelInfer", Request(datatype, [1, 2], (InferTensorContents)contents));
        Assert.That((reply.Status, reply.Error), Is.EqualTo((GrpcCode.InvalidArgument, $"input 'x': element 1 is not in the range of {datatype}")));
    }

    [Test]
    public async Task Elements_in_the_field_of_another_datatype_are_refused()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        foreach (var (datatype, _, contents) in Tensors)
        {
            if (datatype == "FP32" || contents is null)
                continue;
            var both = contents.Clone();
            both.Fp32Contents.AddRange([1, 2, 3, 4]);
            var reply = await client.CallAsync("ModelInfer", Request("FP32", [2, 2], both));
            Assert.That(reply.Status, Is.EqualTo(GrpcCode.InvalidArgument), datatype);
            Assert.That(reply.Error, Does.Match("^input 'x': FP32 elements belong in fp32_contents, there are some in [a-z0-9]+_contents$"), datatype);
        }
    }

    [Test]
    public async Task A_BOOL_of_another_byte_than_0_and_1_is_refused()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Bool));
        var reply = await client.CallAsync("ModelInfer", Request("BOOL", [1, 2], null, [1, 2]));
        Assert.That((reply.Status, reply.Error), Is.EqualTo((GrpcCode.InvalidArgument, "input 'x': a BOOL must be the byte 0 or 1")));
    }

    [TestCase(new byte[] { 1, 0, 0, 0 }, "ends within element 0")]
    [TestCase(new byte[] { 255, 255, 255, 255 }, "ends within element 0")]
    [TestCase(new byte[] { 0, 0, 0, 0, 0 }, "has 1 bytes after the last element")]
    [TestCase(new byte[] { 0, 0, 0 }, "needs more elements than the data has")]
    public async Task BYTES_whose_lengths_do_not_fit_are_refused(byte[] raw, string error)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType("BYTES")));
        var reply = await client.CallAsync("ModelInfer", Request("BYTES", [1, 1], null, raw));
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.InvalidArgument));
        Assert.That(reply.Error, Does.Contain(error));
    }

    [TestCase(1_000_000_000, 1_000_000_000)]
    [TestCase(long.MaxValue, long.MaxValue)]
    [TestCase(long.MaxValue, 0)]
    [TestCase(1L << 62, 2)]
    [TestCase(100_000, 100_000)]
    public async Task A_huge_shape_without_the_data_for_it_takes_no_memory(long first, long second)
    {
        foreach (var datatype in new[] { "FP32", "BYTES", "BOOL" })
        {
            await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));
            var raw = await client.CallAsync("ModelInfer", Request(datatype, [first, second], null, new byte[4]));
            Assert.That(raw.Status, Is.EqualTo(GrpcCode.InvalidArgument), raw.Error);
            var typed = await client.CallAsync("ModelInfer", Request(datatype, [first, second], new InferTensorContents()));
            Assert.That(typed.Status, Is.EqualTo(GrpcCode.InvalidArgument), typed.Error);
        }
    }

    [Test]
    public async Task Unpacked_and_scattered_contents_are_read_as_packed_ones_are()
    {
        foreach (var (datatype, raw, contents) in Tensors)
        {
            if (contents is null)
                continue;
            await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxType(datatype)));
            // The contents field twice, as a client may write it that merges two messages: their elements follow each other.
            var whole = Request(datatype, [8, 1], null);
            var tensor = whole.Inputs[0].ToByteArray();
            var part = Unpacked(contents);
            byte[] merged = [.. tensor, .. Field(5, part), .. Field(5, contents.ToByteArray())];
            whole.Inputs.Clear();
            var reply = await client.SendAsync(GrpcClient.Service + "ModelInfer", GrpcClient.Frame([.. whole.ToByteArray(), .. Field(5, merged)]));
            var twice = contents.Clone();
            twice.MergeFrom(contents);
            Assert.That(reply.Only(ModelInferResponse.Parser).Outputs[0].Contents, Is.EqualTo(twice), datatype);
        }
    }

    private static byte[] Field(int number, byte[] message)
    {
        var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        output.WriteTag(number, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(message));
        output.Flush();
        return stream.ToArray();
    }

    /// <summary>The contents with every element in a field of its own, as proto2 clients write them.</summary>
    private static byte[] Unpacked(InferTensorContents contents)
    {
        var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        foreach (var value in contents.BoolContents) { output.WriteTag(1, WireFormat.WireType.Varint); output.WriteBool(value); }
        foreach (var value in contents.IntContents) { output.WriteTag(2, WireFormat.WireType.Varint); output.WriteInt32(value); }
        foreach (var value in contents.Int64Contents) { output.WriteTag(3, WireFormat.WireType.Varint); output.WriteInt64(value); }
        foreach (var value in contents.UintContents) { output.WriteTag(4, WireFormat.WireType.Varint); output.WriteUInt32(value); }
        foreach (var value in contents.Uint64Contents) { output.WriteTag(5, WireFormat.WireType.Varint); output.WriteUInt64(value); }
        foreach (var value in contents.Fp32Contents) { output.WriteTag(6, WireFormat.WireType.Fixed32); output.WriteFloat(value); }
        foreach (var value in contents.Fp64Contents) { output.WriteTag(7, WireFormat.WireType.Fixed64); output.WriteDouble(value); }
        foreach (var value in contents.BytesContents) { output.WriteTag(8, WireFormat.WireType.LengthDelimited); output.WriteBytes(value); }
        output.Flush();
        return stream.ToArray();
    }

    [Test]
    public async Task Outputs_of_which_one_has_no_typed_contents_are_all_raw()
    {
        await using var client = await GrpcClient.StartAsync(GrpcModels.CastToHalf());
        var answer = await client.InferAsync(Request("FP32", [2], new InferTensorContents { Fp32Contents = { 1, 2 } }));
        Assert.That(answer.Outputs.Select(static output => output.Datatype), Is.EqualTo(new[] { "FP16", "FP32" }));
        Assert.That(answer.RawOutputContents.Select(static raw => raw.ToByteArray()), Is.EqualTo(new[] { Bytes((Half)1, (Half)2), Bytes(1f, 2) }));
    }

    [Test]
    public async Task Tensors_of_megabytes_arrive_whole()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        var bytes = new byte[20 << 20];
        new Random(1).NextBytes(bytes);
        var answer = await client.InferAsync(Request("FP32", [1, bytes.Length / 4], null, bytes));
        Assert.That(answer.RawOutputContents.Single().Span.SequenceEqual(bytes));
    }
}
