using System.Diagnostics;
using System.Globalization;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Answers inference requests.</summary>
internal sealed partial class InferEndpoint(ModelServerOptions options, ModelRepository repository, TimeProvider time, ILogger<InferEndpoint> logger)
{
    private static readonly ActivitySource Activities = new("EnterpriseAI.ModelServer");

    public async Task HandleAsync(HttpContext context)
    {
        using var activity = Activities.StartActivity("infer", ActivityKind.Server);
        ModelLease? lease = null;
        try
        {
            lease = repository.Acquire((string)context.Request.RouteValues["model"]!, context.Request.RouteValues["version"] as string);
            activity?.SetTag("model.name", lease.Model.Name);
            await AnswerAsync(context, lease.Model).ConfigureAwait(false);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            lease?.Model.Metrics.Failed("CANCELED");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
        }
        catch (RequestException e)
        {
            lease?.Model.Metrics.Failed("REJECTED");
            await Errors.WriteAsync(context, e.Status, e.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            lease?.Model.Metrics.Failed("REJECTED");
            var message = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"the body is larger than the {options.MaxRequestBytes} bytes that are allowed"
                : e.Message;
            await Errors.WriteAsync(context, e.StatusCode, message).ConfigureAwait(false);
        }
        catch (OnnxRuntimeException e)
        {
            lease?.Model.Metrics.Failed("BACKEND");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            LogModelFailed(lease!.Model.Name, e.Message);
            await Errors.WriteAsync(context, StatusCodes.Status500InternalServerError, $"the model failed: {e.Message}").ConfigureAwait(false);
        }
        finally
        {
            lease?.Dispose();
        }
    }

    private async Task AnswerAsync(HttpContext context, ServedModel model)
    {
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);

        var start = time.GetTimestamp();
        var request = InferRequestParser.Parse(body.Json);
        var (names, binary) = OutputsOf(request, model.Outputs);
        var inputs = InputBinder.Bind(request, body.Json, body.Binary, model.Inputs);
        var batch = BatchOf(model.Inputs, inputs);
        var input = time.GetElapsedTime(start);
        using var result = await model.InferAsync(inputs, names, context.RequestAborted).ConfigureAwait(false);

        start = time.GetTimestamp();
        var response = InferResponse.Create(model.Name, model.Version, request.Id,
            [.. result.Outputs.Select((tensor, index) => (names[index], tensor, binary[index]))]);
        await WriteAsync(context.Response, response, context.RequestAborted).ConfigureAwait(false);
        model.Metrics.Succeeded(batch, new InferTimes(result.Queue, input, result.Infer, time.GetElapsedTime(start)));
    }

    private static (string[] Names, bool[] Binary) OutputsOf(InferRequest request, IReadOnlyList<TensorDescription> outputs)
    {
        if (request.Outputs is not { Count: > 0 } wanted)
            return ([.. outputs.Select(static output => output.Name)], [.. outputs.Select(_ => request.BinaryOutput)]);
        foreach (var output in wanted)
        {
            if (!outputs.Any(known => known.Name == output.Name))
                throw RequestException.BadRequest($"output '{output.Name}' is unknown: the model has {string.Join(", ", outputs.Select(static known => $"'{known.Name}'"))}");
        }
        if (wanted.DistinctBy(static output => output.Name).Count() != wanted.Count)
            throw RequestException.BadRequest("an output is asked for twice");
        return ([.. wanted.Select(static output => output.Name)], [.. wanted.Select(output => output.Binary ?? request.BinaryOutput)]);
    }

    /// <summary>The size of the first dimension where the model leaves it open, which is how a batch is given.</summary>
    private static long BatchOf(IReadOnlyList<TensorDescription> expected, List<InputTensor> inputs)
    {
        if (expected is not [{ Shape: [-1, ..] } first, ..])
            return 1;
        return inputs.Find(input => input.Name == first.Name).Tensor.Shape[0];
    }

    private static async Task WriteAsync(HttpResponse response, InferResponse content, CancellationToken cancellationToken)
    {
        response.ContentLength = content.Json.Length + content.Binary.Sum(static tensor => (long)tensor.Length);
        response.ContentType = "application/json";
        if (content.Binary.Count > 0)
        {
            response.ContentType = "application/octet-stream";
            response.Headers[BinaryTensorData.LengthHeader] = content.Json.Length.ToString(CultureInfo.InvariantCulture);
        }
        await response.Body.WriteAsync(content.Json, cancellationToken).ConfigureAwait(false);
        foreach (var tensor in content.Binary)
            await response.Body.WriteAsync(tensor, cancellationToken).ConfigureAwait(false);
    }

    [LoggerMessage(LogLevel.Warning, "model {Model} failed: {Error}")]
    private partial void LogModelFailed(string model, string error);
}
