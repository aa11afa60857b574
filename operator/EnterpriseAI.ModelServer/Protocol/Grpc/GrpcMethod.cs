using Google.Protobuf;
using Google.Protobuf.Reflection;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>A method of a service and what answers it.</summary>
/// <param name="Descriptor">The method as its .proto declares it.</param>
/// <param name="Answer">Reads the request's messages and writes the response's; what it throws becomes the status.</param>
internal sealed record GrpcMethod(MethodDescriptor Descriptor, Func<GrpcCall, Task> Answer)
{
    /// <summary>The path of its requests.</summary>
    public string Path { get; } = $"/{Descriptor.Service.FullName}/{Descriptor.Name}";

    /// <summary>Whether a call of it may be silent for long and have any number of messages.</summary>
    public bool Streams => Descriptor.IsClientStreaming || Descriptor.IsServerStreaming;

    /// <summary>A method that answers one message by one.</summary>
    public static GrpcMethod Unary<TRequest>(ServiceDescriptor service, string name, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, ValueTask<IMessage>> answer)
        where TRequest : IMessage<TRequest> => new(service.FindMethodByName(name), async call =>
        {
            var request = await call.ReadOnlyOneAsync(parser).ConfigureAwait(false);
            call.Write(await answer(request, call.Ends).ConfigureAwait(false));
        });
}
