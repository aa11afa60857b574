using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>The reader of requests against the parser that is generated from the .proto.</summary>
public class GrpcParserTests
{
    private const int Rounds = 5_000;

    private static TensorElementType TypeOf(string datatype) => Enum.GetValues<TensorElementType>().Single(type => Datatype.Of(type) == datatype);

    /// <summary>The inputs of a model that a request fits.</summary>
    private static TensorDescription[] ModelOf(ModelInferRequest request) =>
        [.. request.Inputs.Select(static input => new TensorDescription(input.Name, TypeOf(input.Datatype), [-1, -1]))];

    /// <summary>The request and its tensors, as they would be given to the model.</summary>
    private static (GrpcInferRequest Request, (string Name, string Shape, byte[] Raw)[] Tensors) Read(byte[] message, TensorDescription[] model)
    {
        var request = GrpcInferRequestParser.Parse(message);
        var tensors = GrpcInputBinder.Bind(request, message, model, long.MaxValue);
        try
        {
            return (request, [.. tensors.Select(static tensor => (tensor.Name, string.Join(',', tensor.Tensor.Shape), RawOf(tensor.Tensor)))]);
        }
        finally
        {
            foreach (var tensor in tensors)
                tensor.Tensor.Dispose();
        }
    }

    private static byte[] RawOf(OrtTensor tensor)
    {
        if (tensor.Type != TensorElementType.String)
            return tensor.Bytes().ToArray();
        var (content, offsets) = tensor.Strings();
        var strings = Enumerable.Range(0, (int)tensor.Count).Select(index => content[(int)offsets[index]..(int)offsets[index + 1]]);
        return [.. strings.SelectMany(static text => OnnxModels.Of(text.Length).Concat(text))];
    }

    /// <summary>The same from the generated parser.</summary>
    private static (string Name, string Shape, byte[] Raw)[] TensorsOf(ModelInferRequest request) =>
        [.. request.Inputs.Select((input, index) => (input.Name, string.Join(',', input.Shape), request.RawInputContents.Count > 0
            ? request.RawInputContents[index].ToByteArray()
            : GrpcGenerators.RawOf(input.Datatype, input.Contents ?? new InferTensorContents())))];

    private static void AssertSame(byte[] message, TensorDescription[] model)
    {
        var (request, tensors) = Read(message, model);
        var expected = ModelInferRequest.Parser.ParseFrom(message);
        Assert.That((request.Model, request.Version ?? "", request.Id), Is.EqualTo((expected.ModelName, expected.ModelVersion, expected.Id)));
        Assert.That(request.Outputs, Is.EqualTo(expected.Outputs.Select(static output => output.Name)));
        Assert.That(tensors, Is.EqualTo(TensorsOf(expected)));
    }

    [Test]
    public void Every_request_is_read_as_the_generated_parser_reads_it() =>
        Prop.ForAll(GrpcGenerators.Requests.ToArbitrary(), static request => AssertSame(request.ToByteArray(), ModelOf(request)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(Rounds));

    [Test]
    public void Damaged_requests_are_refused_or_read_as_the_generated_parser_reads_them()
    {
        var (read, refused) = (0, 0);
        var damaged = from request in GrpcGenerators.Requests
                      from message in GrpcGenerators.Damaged(request.ToByteArray())
                      select (Model: ModelOf(request), Message: message);
        Prop.ForAll(damaged.ToArbitrary(), ((TensorDescription[] Model, byte[] Message) damage) =>
        {
            try
            {
                AssertSame(damage.Message, damage.Model);
                read++;
            }
            catch (GrpcException e) when (e.Code == GrpcCode.InvalidArgument)
            {
                refused++;
            }
            catch (RequestException e) when (e.Status == 400)
            {
                refused++;
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(4 * Rounds));
        TestContext.Out.WriteLine($"{read} damaged requests were still valid, {refused} were refused");
        Assert.That(Math.Min(read, refused), Is.GreaterThan(Rounds / 10));
    }

    [Test]
    public void Random_bytes_are_refused_or_read_as_the_generated_parser_reads_them() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), static message =>
        {
            GrpcInferRequest request;
            try
            {
                request = GrpcInferRequestParser.Parse(message);
            }
            catch (GrpcException e) when (e.Code == GrpcCode.InvalidArgument)
            {
                return;
            }
            Assert.That(request.RawContents.Count, Is.EqualTo(ModelInferRequest.Parser.ParseFrom(message).RawInputContents.Count));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(4 * Rounds));

    [TestCase("0B0C", false, Description = "a group")]
    [TestCase("0B0814150000000019000000000000000022011A0C", false, Description = "a group with fields")]
    [TestCase("0B1314150000000014", true, Description = "a group in a group that ends the outer first")]
    [TestCase("0B", true, Description = "a group without end")]
    [TestCase("0C", true, Description = "an end without group")]
    [TestCase("00", true, Description = "field 0")]
    [TestCase("0E", true, Description = "wire type 6")]
    [TestCase("0A8080808080808080808001", true, Description = "a length that is too long")]
    [TestCase("0AFFFFFFFF0F", true, Description = "a negative length")]
    [TestCase("88808080808080808080016D", true, Description = "a tag of eleven bytes")]
    [TestCase("8A8080808080808080006D", false, Description = "a long tag that ends in nothing: field 1 of 109 bytes is missing")]
    public void What_other_encoders_may_write_is_passed_over_and_what_none_may_is_refused(string hex, bool refused)
    {
        var message = Convert.FromHexString(hex);
        var reference = true;
        try
        {
            ModelInferRequest.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException)
        {
            reference = false;
        }
        Assert.That(!refused || !reference, "the generated parser takes it");
        var own = true;
        try
        {
            GrpcInferRequestParser.Parse(message);
        }
        catch (GrpcException)
        {
            own = false;
        }
        Assert.That(own, Is.EqualTo(reference));
    }

    [Test]
    public void Groups_may_be_nested_a_hundred_times_and_no_more()
    {
        static byte[] Nested(int depth) => [.. Enumerable.Repeat((byte)0x7B, depth), .. Enumerable.Repeat((byte)0x7C, depth)];
        Assert.That(() => GrpcInferRequestParser.Parse(Nested(100)), Throws.Nothing);
        Assert.That(() => GrpcInferRequestParser.Parse(Nested(101)), Throws.TypeOf<GrpcException>());
        Assert.That(() => GrpcInferRequestParser.Parse(Nested(1_000_000)), Throws.TypeOf<GrpcException>());
    }
}
