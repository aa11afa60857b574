using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Serving;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;
using TensorMessage = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.ModelMetadataResponse.Types.TensorMetadata;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>The Open Inference Protocol's service, except for the inference itself.</summary>
internal sealed class InferenceService(ModelServerOptions options, ModelRepository repository, InferCalls infer)
{
    private static readonly ServiceDescriptor Service = GrpcServer.InferenceService;

    public IEnumerable<GrpcMethod> Methods =>
    [
        GrpcMethod.Unary(Service, "ServerLive", ServerLiveRequest.Parser, static (_, _) => new(new ServerLiveResponse { Live = true })),
        GrpcMethod.Unary(Service, "ServerReady", ServerReadyRequest.Parser, (_, _) => new(new ServerReadyResponse { Ready = repository.NotReady is null })),
        GrpcMethod.Unary(Service, "ModelReady", ModelReadyRequest.Parser, (request, _) =>
            new(new ModelReadyResponse { Ready = repository.IsReady(request.Name, VersionOf(request.Version)) })),
        GrpcMethod.Unary(Service, "ServerMetadata", ServerMetadataRequest.Parser, static (_, _) => new(ServerMetadata())),
        GrpcMethod.Unary(Service, "ModelMetadata", ModelMetadataRequest.Parser, (request, _) => new(ModelMetadata(request))),
        new GrpcMethod(Service.FindMethodByName("ModelInfer"), infer.AnswerAsync),
        new GrpcMethod(Service.FindMethodByName("ModelStreamInfer"), infer.AnswerStreamAsync),
        GrpcMethod.Unary(Service, "RepositoryIndex", RepositoryIndexRequest.Parser, (request, _) => new(Index(request))),
        GrpcMethod.Unary(Service, "RepositoryModelLoad", RepositoryModelLoadRequest.Parser, async (request, cancellationToken) =>
        {
            CheckControl(request.RepositoryName);
            CheckParameters(request.Parameters.Keys);
            await repository.LoadAsync(request.ModelName, cancellationToken).ConfigureAwait(false);
            return new RepositoryModelLoadResponse();
        }),
        GrpcMethod.Unary(Service, "RepositoryModelUnload", RepositoryModelUnloadRequest.Parser, async (request, cancellationToken) =>
        {
            CheckRepository(request.RepositoryName);
            // No model here depends on another, so that either value is obeyed.
            CheckParameters(request.Parameters.Keys.Where(static key => key != "unload_dependents"));
            await repository.UnloadAsync(request.ModelName, cancellationToken).ConfigureAwait(false);
            return new RepositoryModelUnloadResponse();
        }),
    ];

    /// <summary>The protocol's empty version is the newest.</summary>
    private static string? VersionOf(string version) => version.Length > 0 ? version : null;

    private static ServerMetadataResponse ServerMetadata()
    {
        var metadata = Protocol.ServerMetadata.This;
        return new ServerMetadataResponse { Name = metadata.Name, Version = metadata.Version, Extensions = { metadata.Extensions } };
    }

    private ModelMetadataResponse ModelMetadata(ModelMetadataRequest request)
    {
        using var lease = repository.Acquire(request.Name, VersionOf(request.Version));
        return new ModelMetadataResponse
        {
            Name = lease.Model.Name,
            Versions = { repository.VersionsOf(request.Name) },
            Platform = lease.Model.Platform,
            Inputs = { lease.Model.Inputs.Select(Describe) },
            Outputs = { lease.Model.Outputs.Select(Describe) },
        };
    }

    private static TensorMessage Describe(TensorDescription tensor) => new() { Name = tensor.Name, Datatype = Datatype.Of(tensor.Type), Shape = { tensor.Shape } };

    private RepositoryIndexResponse Index(RepositoryIndexRequest request)
    {
        CheckRepository(request.RepositoryName);
        return new RepositoryIndexResponse
        {
            Models =
            {
                repository.Index(request.Ready).Select(static entry => new RepositoryIndexResponse.Types.ModelIndex
                {
                    Name = entry.Name,
                    Version = entry.Version ?? "",
                    State = entry.State,
                    Reason = entry.Reason,
                }),
            },
        };
    }

    private void CheckControl(string repositoryName)
    {
        if (!options.ModelControl)
            throw RequestException.NotControlled();
        CheckRepository(repositoryName);
    }

    private static void CheckRepository(string name)
    {
        if (name.Length > 0)
            throw GrpcException.Invalid($"repository '{name}' is unknown: there is one, leave 'repository_name' empty");
    }

    private static void CheckParameters(IEnumerable<string> names)
    {
        if (names.FirstOrDefault() is { } name)
            throw GrpcException.Invalid($"parameter '{name}' is not supported");
    }
}
