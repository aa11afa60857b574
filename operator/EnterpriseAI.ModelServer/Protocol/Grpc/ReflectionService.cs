using System.Collections.Frozen;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages.Reflection;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>gRPC's server reflection, by which tools learn the services. Its two versions have the same messages.</summary>
internal sealed class ReflectionService
{
    private static readonly ServiceDescriptor[] Services = [ReflectionReflection.Descriptor.Services[0], Messages.ReflectionAlpha.ReflectionReflection.Descriptor.Services[0]];

    private readonly FrozenDictionary<string, FileDescriptor> _files;
    private readonly FrozenDictionary<string, FileDescriptor> _symbols;
    private readonly ListServiceResponse _services = new();

    /// <param name="others">The other services of this server.</param>
    public ReflectionService(params IReadOnlyList<ServiceDescriptor> others)
    {
        ServiceDescriptor[] all = [.. others, .. Services];
        _services.Service.AddRange(all.Select(static service => new ServiceResponse { Name = service.FullName }));
        _files = all.Select(static service => service.File).ToFrozenDictionary(static file => file.Name, StringComparer.Ordinal);
        _symbols = _files.Values.SelectMany(static file => SymbolsOf(file).Select(symbol => (symbol.FullName, File: file)))
            .ToFrozenDictionary(static symbol => symbol.FullName, static symbol => symbol.File, StringComparer.Ordinal);
    }

    public IEnumerable<GrpcMethod> Methods => Services.Select(service => new GrpcMethod(service.FindMethodByName("ServerReflectionInfo"), AnswerAsync));

    private async Task AnswerAsync(GrpcCall call)
    {
        while (await call.ReadNextAsync().ConfigureAwait(false) is { } message)
        {
            ServerReflectionRequest request;
            using (message)
                request = GrpcCall.Parse(ServerReflectionRequest.Parser, message);
            await call.WriteAsync(Answer(request)).ConfigureAwait(false);
        }
    }

    private ServerReflectionResponse Answer(ServerReflectionRequest request)
    {
        var response = new ServerReflectionResponse { ValidHost = request.Host, OriginalRequest = request };
        switch (request.MessageRequestCase)
        {
            case ServerReflectionRequest.MessageRequestOneofCase.ListServices:
                response.ListServicesResponse = _services;
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileByFilename when _files.TryGetValue(request.FileByFilename, out var file):
                response.FileDescriptorResponse = Of(file);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol when _symbols.TryGetValue(request.FileContainingSymbol, out var file):
                response.FileDescriptorResponse = Of(file);
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType when _symbols.ContainsKey(request.AllExtensionNumbersOfType):
                response.AllExtensionNumbersResponse = new ExtensionNumberResponse { BaseTypeName = request.AllExtensionNumbersOfType };
                break;
            case ServerReflectionRequest.MessageRequestOneofCase.None:
                response.ErrorResponse = Error(GrpcCode.InvalidArgument, "the request asks for nothing");
                break;
            default:
                response.ErrorResponse = Error(GrpcCode.NotFound, "there is no such file, symbol or extension");
                break;
        }
        return response;
    }

    private static ErrorResponse Error(GrpcCode code, string message) => new() { ErrorCode = (int)code, ErrorMessage = message };

    // None of the files imports another, so each is complete by itself.
    private static FileDescriptorResponse Of(FileDescriptor file) => new() { FileDescriptorProto = { file.SerializedData } };

    private static IEnumerable<IDescriptor> SymbolsOf(FileDescriptor file) =>
    [
        .. file.Services,
        .. file.Services.SelectMany(static service => service.Methods),
        .. file.EnumTypes.SelectMany(SymbolsOf),
        .. file.MessageTypes.SelectMany(SymbolsOf),
    ];

    private static IEnumerable<IDescriptor> SymbolsOf(MessageDescriptor message) =>
    [
        message,
        .. message.Fields.InDeclarationOrder(),
        .. message.Oneofs,
        .. message.EnumTypes.SelectMany(SymbolsOf),
        .. message.NestedTypes.SelectMany(SymbolsOf),
    ];

    private static IEnumerable<IDescriptor> SymbolsOf(EnumDescriptor type) => [type, .. type.Values];
}
