using System.Net;
using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages.Reflection;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Random and damaged requests to a server: each is answered, and none is the server's fault.</summary>
public class GrpcFuzzTests
{
    /// <summary>What one request is made of.</summary>
    private sealed record Attack(string Path, byte[] Body, string? Encoding, string? Timeout)
    {
        public override string ToString() => $"{Path} {Encoding} {Timeout} {Convert.ToHexString(Body)}";
    }

    private static readonly Gen<string?> Encodings = Gen.Frequency((6, Gen.Constant<string?>(null)), (2, Gen.Constant<string?>("gzip")), (1, Gen.Elements<string?>("identity", "deflate", "x,gzip")));

    private static readonly Gen<string?> Timeouts = Gen.Frequency((8, Gen.Constant<string?>(null)), (1, Gen.Elements<string?>("30S", "99999999H", "0n", "1u", "-1S", "S", "9999999999999S")));

    private static Gen<Attack> On(string path, Gen<byte[]> messages) =>
        from message in messages
        from body in GrpcGenerators.Framed(message)
        from encoding in Encodings
        from timeout in Timeouts
        select new Attack(path, body, encoding, timeout);

    private static Gen<byte[]> Of(params IMessage[] messages) =>
        from message in Gen.Elements(messages)
        from whole in Gen.Elements(true, false, false)
        from damaged in GrpcGenerators.Damaged(message.ToByteArray())
        select whole ? message.ToByteArray() : damaged;

    private static Gen<byte[]> RequestsTo(string datatype)
    {
        var fitting = from raw in Gen.Elements(true, false)
                      from tensor in GrpcGenerators.Tensor("x", raw).Where(tensor => tensor.Tensor.Datatype == datatype)
                      from request in GrpcGenerators.Requests
                      select Fit(request, tensor);
        return from request in fitting
               from whole in Gen.Elements(true, false, false, false)
               from damaged in GrpcGenerators.Damaged(request.ToByteArray())
               select whole ? request.ToByteArray() : damaged;
    }

    private static ModelInferRequest Fit(ModelInferRequest request, (ModelInferRequest.Types.InferInputTensor Tensor, byte[]? Raw) tensor)
    {
        request.ModelName = "m";
        request.ModelVersion = "";
        request.Inputs.Clear();
        request.Inputs.Add(tensor.Tensor);
        request.RawInputContents.Clear();
        if (tensor.Raw is not null)
            request.RawInputContents.Add(ByteString.CopyFrom(tensor.Raw));
        request.Outputs.Clear();
        return request;
    }

    private static async Task<GrpcCode> AnswerTo(GrpcClient client, Attack attack)
    {
        var reply = await client.SendAsync(attack.Path, attack.Body, request =>
        {
            if (attack.Encoding is not null)
                request.Headers.TryAddWithoutValidation("grpc-encoding", attack.Encoding);
            if (attack.Timeout is not null)
                request.Headers.TryAddWithoutValidation("grpc-timeout", attack.Timeout);
        });
        Assert.That(reply.Http, Is.EqualTo(HttpStatusCode.OK), attack.ToString());
        switch (reply.Status)
        {
            case GrpcCode.Ok or GrpcCode.InvalidArgument or GrpcCode.Unimplemented or GrpcCode.NotFound or GrpcCode.ResourceExhausted:
                break;
            case GrpcCode.DeadlineExceeded:
                Assert.That(attack.Timeout, Is.EqualTo("0n").Or.EqualTo("1u"), attack.ToString());
                break;
            default:
                Assert.That(reply.Error, Does.Contain("names no compression"), $"{reply.Status} for {attack}");
                break;
        }
        return reply.Status!.Value;
    }

    private static void Check(GrpcClient client, Gen<Attack> attacks)
    {
        var rounds = FuzzPlan.GrpcEach;
        var answers = new Dictionary<GrpcCode, int>();
        Prop.ForAll(attacks.ToArbitrary(), attack =>
        {
            var answer = AnswerTo(client, attack).GetAwaiter().GetResult();
            answers[answer] = answers.GetValueOrDefault(answer) + 1;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(rounds));
        TestContext.Out.WriteLine($"{answers.Values.Sum()} requests: {string.Join(", ", answers.Select(static answer => $"{answer.Key} {answer.Value}"))}");
        Assert.That(answers.Values.Sum(), Is.EqualTo(rounds));
        // Were they all refused, the attacks would not have come far.
        Assert.That(answers.GetValueOrDefault(GrpcCode.Ok), Is.GreaterThan(rounds / 50));
        Assert.That(answers.GetValueOrDefault(GrpcCode.InvalidArgument), Is.GreaterThan(rounds / 20));
    }

    [TestCase("FP32", 1)]
    [TestCase("BYTES", 8)]
    [TestCase("INT8", 3)]
    [TestCase("BOOL", 9)]
    [TestCase("UINT64", 13)]
    public async Task Damaged_inferences_are_answered_and_never_INTERNAL(string datatype, int type)
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(type), options => options with { MaxRequestBytes = 60_000 });
        Check(client, On(GrpcClient.Service + "ModelInfer", RequestsTo(datatype)));
    }

    [Test]
    public async Task Damaged_streams_are_answered_and_never_INTERNAL()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Identity(OnnxModels.Float));
        Check(client, On(GrpcClient.Service + "ModelStreamInfer", RequestsTo("FP32")));
    }

    [Test]
    public async Task Damaged_questions_are_answered_and_never_INTERNAL()
    {
        await using var client = await GrpcClient.StartAsync(OnnxModels.Linear());
        Check(client, Gen.OneOf(
            On(GrpcClient.Service + "ServerLive", Of(new ServerLiveRequest())),
            On(GrpcClient.Service + "ModelReady", Of(new ModelReadyRequest { Name = "m" }, new ModelReadyRequest { Name = "m", Version = "1" })),
            On(GrpcClient.Service + "ModelMetadata", Of(new ModelMetadataRequest { Name = "m" })),
            On(GrpcClient.Service + "RepositoryIndex", Of(new RepositoryIndexRequest { Ready = true })),
            On("/grpc.health.v1.Health/Check", Of(new HealthCheckRequest { Service = "m" }, new HealthCheckRequest())),
            On("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Of(new ServerReflectionRequest { Host = "h", ListServices = "" }, new ServerReflectionRequest { FileContainingSymbol = "inference.ModelInferRequest" }))));
    }
}
