using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Serving;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Puts gRPC into the server: a port of its own, since without TLS one port cannot tell HTTP/2 from HTTP/1.1.</summary>
internal static class GrpcServer
{
    /// <summary>Triton's port for gRPC.</summary>
    public const int DefaultPort = 8001;

    private const int MaxStreamsPerConnection = 256;
    private const int MaxHeaderFieldBytes = 8 << 10;
    private const int StreamWindowBytes = 1 << 20;
    private const int ConnectionWindowBytes = 4 << 20;

    public static ServiceDescriptor InferenceService => OpenInferenceGrpcReflection.Descriptor.Services[0];

    public static void Listen(KestrelServerOptions kestrel, ListenAddress address)
    {
        var limits = kestrel.Limits.Http2;
        // A client has one connection for all its calls; those that wait for the model wait here and not in the client.
        limits.MaxStreamsPerConnection = MaxStreamsPerConnection;
        limits.MaxRequestHeaderFieldSize = MaxHeaderFieldBytes;
        // What a connection may send before it is read: enough for tensors not to stop and go, and a bound to what it can occupy.
        limits.InitialStreamWindowSize = StreamWindowBytes;
        limits.InitialConnectionWindowSize = ConnectionWindowBytes;
        // A watch of health sends nothing for hours; this finds out that its client is gone.
        limits.KeepAlivePingDelay = TimeSpan.FromMinutes(1);
        limits.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        if (address.Address is { } ip)
            kestrel.Listen(ip, address.Port, static listen => listen.Protocols = HttpProtocols.Http2);
        else
            kestrel.ListenAnyIP(address.Port, static listen => listen.Protocols = HttpProtocols.Http2);
    }

    public static void AddGrpc(this IServiceCollection services)
    {
        services.AddSingleton<InferCalls>();
        services.AddSingleton<InferenceService>();
        services.AddSingleton<HealthService>();
        services.AddSingleton(static services => new GrpcEndpoint(
            [
                .. services.GetRequiredService<InferenceService>().Methods,
                .. services.GetRequiredService<HealthService>().Methods,
                .. new ReflectionService(InferenceService, HealthReflection.Descriptor.Services[0]).Methods,
            ],
            services.GetRequiredService<ModelServerOptions>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<GrpcEndpoint>>()));
    }

    /// <summary>Sends what comes over HTTP/2, which only the port of gRPC speaks, to gRPC.</summary>
    public static void UseGrpc(this WebApplication app)
    {
        var endpoint = app.Services.GetRequiredService<GrpcEndpoint>();
        app.Use((context, next) =>
        {
            if (HttpProtocol.IsHttp2(context.Request.Protocol))
                return endpoint.HandleAsync(context);
            return GrpcEndpoint.IsGrpc(context.Request.ContentType) ? GrpcEndpoint.RefuseWithoutHttp2Async(context) : next(context);
        });
    }
}
