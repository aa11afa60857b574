using System.Diagnostics;
using System.Globalization;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Answers inference requests.</summary>
internal sealed partial class InferEndpoint(ModelServerOptions options, ModelRunner runner, ModelServerMetrics metrics, TimeProvider time, ILogger<InferEndpoint> logger)
{
    private static readonly ActivitySource Activities = new("EnterpriseAI.ModelServer");

    public async Task HandleAsync(HttpContext context)
    {
        using var activity = Activities.StartActivity("infer", ActivityKind.Server);
        activity?.SetTag("model.name", options.ModelName);
        try
        {
            await AnswerAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            metrics.Failed("CANCELED");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
        }
        catch (RequestException e)
        {
            metrics.Failed("REJECTED");
            await Errors.WriteAsync(context, e.Status, e.Message).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e)
        {
            metrics.Failed("REJECTED");
            var message = e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"the body is larger than the {options.MaxRequestBytes} bytes that are allowed"
                : e.Message;
            await Errors.WriteAsync(context, e.StatusCode, message).ConfigureAwait(false);
        }
        catch (OnnxRuntimeException e)
        {
            metrics.Failed("BACKEND");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            LogModelFailed(options.ModelName, e.Message);
            await Errors.WriteAsync(context, StatusCodes.Status500InternalServerError, $"the model failed: {e.Message}").ConfigureAwait(false);
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var model = Models.Require(context, options, runner);
        var body = await RequestBody.ReadAsync(context.Request, context.RequestAborted).ConfigureAwait(false);

        var start = time.GetTimestamp();
        var request = InferRequestParser.Parse(body.Json);
        var (names, binary) = OutputsOf(request, model.Session.Outputs);
        var inputs = InputBinder.Bind(request, body.Json, body.Binary, model.Session.Inputs);
        OrtTensor[] outputs = [];
        try
        {
            var input = time.GetElapsedTime(start);
            TimeSpan queue, infer;
            (outputs, queue, infer) = await runner.RunAsync(model, inputs, names, context.RequestAborted).ConfigureAwait(false);

            start = time.GetTimestamp();
            var response = InferResponse.Create(options.ModelName, options.ModelVersion, request.Id,
                [.. outputs.Select((tensor, index) => (names[index], tensor, binary[index]))]);
            await WriteAsync(context.Response, response, context.RequestAborted).ConfigureAwait(false);
            metrics.Succeeded(BatchOf(model.Session.Inputs, inputs), new InferTimes(queue, input, infer, time.GetElapsedTime(start)));
        }
        finally
        {
            inputs.ForEach(static tensor => tensor.Tensor.Dispose());
            Array.ForEach(outputs, static tensor => tensor.Dispose());
        }
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
    private static long BatchOf(IReadOnlyList<TensorDescription> expected, List<(string Name, OrtTensor Tensor)> inputs)
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
