using EnterpriseAI.ModelServer.Protocol.Grpc;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>gRPC's server reflection.</summary>
public class GrpcReflectionTests
{
    private const string V1 = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", V1Alpha = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";

    private GrpcClient _client = null!;

    [OneTimeSetUp]
    public async Task Start() => _client = await GrpcClient.StartAsync(OnnxModels.Linear());

    [OneTimeTearDown]
    public async Task Stop() => await _client.DisposeAsync();

    private async Task<ServerReflectionResponse[]> AskAsync(string path, params ServerReflectionRequest[] requests)
    {
        var reply = await _client.SendAsync(path, [.. requests.SelectMany(static request => GrpcClient.Frame(request.ToByteArray()))]);
        Assert.That(reply.Status, Is.EqualTo(GrpcCode.Ok), reply.Error);
        return [.. reply.Messages.Select(ServerReflectionResponse.Parser.ParseFrom)];
    }

    [TestCase(V1)]
    [TestCase(V1Alpha)]
    public async Task The_descriptors_of_every_listed_service_are_complete_and_describe_what_is_served(string path)
    {
        var list = (await AskAsync(path, new ServerReflectionRequest { ListServices = "*" })).Single().ListServicesResponse.Service.Select(static service => service.Name).ToArray();
        Assert.That(list, Is.EquivalentTo(new[]
        {
            "inference.GRPCInferenceService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection",
        }));
        var answers = await AskAsync(path, [.. list.Select(static name => new ServerReflectionRequest { FileContainingSymbol = name })]);
        foreach (var (name, answer) in list.Zip(answers))
        {
            var proto = FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto.Single());
            var file = FileDescriptor.BuildFromByteStrings(answer.FileDescriptorResponse.FileDescriptorProto).Single();
            Assert.That(proto.Dependency, Is.Empty, name);
            var service = file.Services.Single(candidate => candidate.FullName == name);
            Assert.That(service.Methods, Is.Not.Empty);
            foreach (var method in service.Methods)
            {
                // What is not served would be UNIMPLEMENTED; an empty body is another fault of a method that is.
                var reply = await _client.SendAsync($"/{name}/{method.Name}", []);
                Assert.That(reply.Error, Does.Not.StartWith("there is no method"), method.FullName);
            }
        }
    }

    [Test]
    public async Task A_file_is_found_by_its_name_and_by_every_symbol_in_it()
    {
        var file = OpenInferenceGrpcReflection.Descriptor;
        foreach (var request in new ServerReflectionRequest[]
        {
            new() { FileByFilename = file.Name },
            new() { FileContainingSymbol = "inference.GRPCInferenceService" },
            new() { FileContainingSymbol = "inference.GRPCInferenceService.ModelInfer" },
            new() { FileContainingSymbol = "inference.ModelInferRequest" },
            new() { FileContainingSymbol = "inference.ModelInferRequest.InferInputTensor" },
            new() { FileContainingSymbol = "inference.ModelInferRequest.InferInputTensor.contents" },
            new() { FileContainingSymbol = "inference.InferParameter.parameter_choice" },
        })
        {
            var answer = (await AskAsync(V1, request)).Single();
            Assert.That(answer.FileDescriptorResponse?.FileDescriptorProto.Single(), Is.EqualTo(file.SerializedData), request.ToString());
            Assert.That(answer.OriginalRequest, Is.EqualTo(request));
        }
    }

    [TestCase("file_by_filename", "nothing.proto", 5)]
    [TestCase("file_by_filename", "", 5)]
    [TestCase("file_containing_symbol", "inference", 5)]
    [TestCase("file_containing_symbol", "inference.Nothing", 5)]
    [TestCase("all_extension_numbers_of_type", "inference.Nothing", 5)]
    [TestCase("file_containing_extension", "", 5)]
    [TestCase("", "", 3)]
    public async Task What_is_not_there_is_told_in_the_answer_and_the_call_goes_on(string field, string value, int code)
    {
        var request = new ServerReflectionRequest { Host = "h" };
        switch (field)
        {
            case "file_by_filename": request.FileByFilename = value; break;
            case "file_containing_symbol": request.FileContainingSymbol = value; break;
            case "all_extension_numbers_of_type": request.AllExtensionNumbersOfType = value; break;
            case "file_containing_extension": request.FileContainingExtension = new ExtensionRequest { ContainingType = "inference.ModelInferRequest", ExtensionNumber = 100 }; break;
        }
        var answers = await AskAsync(V1, request, new ServerReflectionRequest { ListServices = "" });
        Assert.That(answers[0].ErrorResponse.ErrorCode, Is.EqualTo(code));
        Assert.That(answers[0].ValidHost, Is.EqualTo("h"));
        Assert.That(answers[1].ListServicesResponse.Service, Is.Not.Empty);
    }

    [Test]
    public async Task A_type_without_extensions_has_none()
    {
        var answer = (await AskAsync(V1, new ServerReflectionRequest { AllExtensionNumbersOfType = "inference.ModelInferRequest" })).Single();
        Assert.That(answer.AllExtensionNumbersResponse, Is.EqualTo(new ExtensionNumberResponse { BaseTypeName = "inference.ModelInferRequest" }));
    }

    [Test]
    public async Task Questions_are_answered_one_by_one_while_the_call_is_open()
    {
        await using var call = GrpcStreamCall.Open(_client, V1);
        for (var round = 0; round < 3; round++)
        {
            call.Send(new ServerReflectionRequest { ListServices = $"{round}" });
            Assert.That((await call.ReceiveAsync(ServerReflectionResponse.Parser)).OriginalRequest.ListServices, Is.EqualTo($"{round}"));
        }
        call.Complete();
        Assert.That((await call.EndAsync()).Status, Is.EqualTo(GrpcCode.Ok));
    }
}
