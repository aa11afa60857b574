using System.Diagnostics;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Monitoring;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Answers ModelInfer and ModelStreamInfer.</summary>
internal sealed partial class InferCalls(
    ModelServerOptions options, ModelRepository repository, ModelMonitoring monitoring, AccessLog accessLog, TimeProvider time, ILogger<InferCalls> logger)
{
    private static readonly ActivitySource Activities = new("EnterpriseAI.ModelServer");

    public async Task AnswerAsync(GrpcCall call)
    {
        var message = await call.ReadOnlyOneAsync().ConfigureAwait(false);
        await InferAsync(call, message, null).ConfigureAwait(false);
    }

    /// <summary>Answers one request after the other. What is wrong with one does not end the call.</summary>
    public async Task AnswerStreamAsync(GrpcCall call)
    {
        while (await call.ReadNextAsync().ConfigureAwait(false) is { } message)
        {
            var envelope = new ModelStreamInferResponse();
            try
            {
                await InferAsync(call, message, envelope).ConfigureAwait(false);
            }
            catch (Exception e) when (!call.IsWithinMessage && !call.Ends.IsCancellationRequested && GrpcStatus.Of(e) is not null)
            {
                envelope.ErrorMessage = GrpcStatus.Of(e)!.Value.Message;
                await call.WriteAsync(envelope).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Runs one inference and writes its response.</summary>
    /// <param name="call">The call.</param>
    /// <param name="message">The request; it is disposed here.</param>
    /// <param name="envelope">What the response is wrapped in; takes the request's id, lest the request fails. Null for none.</param>
    private async Task InferAsync(GrpcCall call, RentedBytes message, ModelStreamInferResponse? envelope)
    {
        using var activity = Activities.StartActivity("infer", ActivityKind.Server);
        ModelLease? lease = null;
        var begun = time.GetTimestamp();
        var status = StatusCodes.Status200OK;
        try
        {
            var start = begun;
            List<InputTensor> inputs;
            GrpcInferRequest request;
            string[] outputs;
            // The message is as large as the inputs: it goes back to the pool before they wait for the model.
            using (message)
            {
                request = GrpcInferRequestParser.Parse(message.Span);
                if (envelope is not null)
                    envelope.InferResponse = new ModelInferResponse { Id = request.Id };
                lease = repository.Acquire(request.Model, request.Version);
                activity?.SetTag("model.name", lease.Model.Name);
                outputs = OutputsOf(request, lease.Model.Outputs);
                inputs = GrpcInputBinder.Bind(request, message.Span, lease.Model.Inputs, options.MaxTensorElements);
            }
            var model = lease.Model;
            monitoring.Of(model).Add(inputs);
            var input = time.GetElapsedTime(start);
            using var result = await model.InferAsync(inputs, outputs, call.Ends).ConfigureAwait(false);

            start = time.GetTimestamp();
            using var response = new InferResponseMessage(model, request, outputs, result.Outputs);
            await response.WriteAsync(call, enveloped: envelope is not null).ConfigureAwait(false);
            model.Metrics.Succeeded(result.Rows, new InferTimes(result.Queue, input, result.Infer, time.GetElapsedTime(start)));
        }
        catch (Exception e)
        {
            status = e is RequestException refused ? refused.Status : StatusCodes.Status500InternalServerError;
            Failed(e, call.StatusOf(e), lease?.Model, activity);
            throw;
        }
        finally
        {
            if (lease is not null)
                accessLog.Write("grpc", lease.Model.Name, lease.Model.Version, status, time.GetElapsedTime(begun));
            lease?.Dispose();
        }
    }

    private void Failed(Exception exception, GrpcStatus? status, ServedModel? model, Activity? activity)
    {
        activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
        if (model is null)
            return;
        if (status is { Code: GrpcCode.Cancelled or GrpcCode.DeadlineExceeded })
            model.Metrics.Failed("CANCELED");
        else if (exception is OnnxRuntimeException)
        {
            model.Metrics.Failed("BACKEND");
            LogModelFailed(model.Name, exception.Message);
        }
        else if (status is not null)
            model.Metrics.Failed("REJECTED");
    }

    private static string[] OutputsOf(GrpcInferRequest request, IReadOnlyList<TensorDescription> outputs)
    {
        if (request.Outputs.Count == 0)
            return [.. outputs.Select(static output => output.Name)];
        if (request.Outputs.FirstOrDefault(name => !outputs.Any(known => known.Name == name)) is { } unknown)
            throw RequestException.BadRequest($"output '{unknown}' is unknown: the model has {string.Join(", ", outputs.Select(static known => $"'{known.Name}'"))}");
        if (request.Outputs.Distinct().Count() != request.Outputs.Count)
            throw RequestException.BadRequest("an output is asked for twice");
        return [.. request.Outputs];
    }

    [LoggerMessage(LogLevel.Warning, "model {Model} failed: {Error}")]
    private partial void LogModelFailed(string model, string error);
}
