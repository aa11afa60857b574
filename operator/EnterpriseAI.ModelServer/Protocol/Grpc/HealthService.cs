using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;
using Status = EnterpriseAI.ModelServer.Protocol.Grpc.Messages.HealthCheckResponse.Types.ServingStatus;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>gRPC's health checking, which Kubernetes' gRPC probes ask. A service is the server (""), a gRPC service or a model.</summary>
internal sealed class HealthService(ModelRepository repository, TimeProvider time)
{
    /// <summary>How often a watched status is looked at.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private static readonly ServiceDescriptor Service = HealthReflection.Descriptor.Services[0];

    public IEnumerable<GrpcMethod> Methods =>
    [
        GrpcMethod.Unary(Service, "Check", HealthCheckRequest.Parser, (request, _) => new(Check(request.Service))),
        new GrpcMethod(Service.FindMethodByName("Watch"), WatchAsync),
    ];

    private HealthCheckResponse Check(string service)
    {
        var status = StatusOf(service);
        return status != Status.ServiceUnknown
            ? new HealthCheckResponse { Status = status }
            : throw new GrpcException(GrpcCode.NotFound, $"service '{service}' is unknown: there are '', '{GrpcServer.InferenceService.FullName}' and the models by their names");
    }

    private async Task WatchAsync(GrpcCall call)
    {
        var service = (await call.ReadOnlyOneAsync(HealthCheckRequest.Parser).ConfigureAwait(false)).Service;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(call.Ends, call.Closing);
        Status? sent = null;
        while (true)
        {
            var closing = call.Closing.IsCancellationRequested;
            var status = StatusOf(service);
            if (status != sent)
                await call.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
            sent = status;
            // The status before the last look, if it changed, was sent: now the connection may close.
            if (closing)
                throw GrpcCall.ShuttingDown();
            await Task.Delay(Interval, time, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            call.Ends.ThrowIfCancellationRequested();
        }
    }

    private Status StatusOf(string service)
    {
        if (service.Length == 0 || service == GrpcServer.InferenceService.FullName)
            return repository.NotReady is null ? Status.Serving : Status.NotServing;
        try
        {
            return repository.IsReady(service, null) ? Status.Serving : Status.NotServing;
        }
        catch (RequestException e) when (e.Status == StatusCodes.Status404NotFound)
        {
            return Status.ServiceUnknown;
        }
    }
}
