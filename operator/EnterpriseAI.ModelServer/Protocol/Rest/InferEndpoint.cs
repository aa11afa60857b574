using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.Monitoring;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Answers inference requests over HTTP.</summary>
internal sealed partial class InferEndpoint(
    ModelServerOptions options, ModelRepository repository, ModelMonitoring monitoring, PayloadSampling sampling, AccessLog accessLog,
    TimeProvider time, ILogger<InferEndpoint> logger)
{
    /// <summary>A larger body takes a while to be read into tensors.</summary>
    private const int MaxBytesAtOnce = 64 << 10;

    private static readonly ActivitySource Activities = new("EnterpriseAI.ModelServer");

    /// <param name="context">A POST to <c>/v2/models/{model}[/versions/{version}]/infer</c>.</param>
    /// <param name="name">The model's name in the path.</param>
    /// <param name="version">The version in the path; null for the newest.</param>
    public async Task HandleAsync(HttpContext context, string name, string? version)
    {
        using var activity = Activities.StartActivity("infer", ActivityKind.Server);
        activity?.SetTag("model.name", name);
        var start = time.GetTimestamp();
        try
        {
            using var lease = repository.Acquire(name, version);
            await AnswerAsync(context, lease.Model, activity).ConfigureAwait(false);
        }
        catch (RequestException e)
        {
            await Errors.WriteAsync(context, e).ConfigureAwait(false);
        }
        accessLog.Write("http", name, version, context.Response.StatusCode, time.GetElapsedTime(start));
    }

    private async Task AnswerAsync(HttpContext context, ServedModel model, Activity? activity)
    {
        try
        {
            await InferAsync(context, model).ConfigureAwait(false);
        }
        catch (Exception e) when (context.RequestAborted.IsCancellationRequested)
        {
            model.Metrics.Failed("CANCELED");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
        }
        catch (RequestException e)
        {
            model.Metrics.Failed("REJECTED");
            await Errors.WriteAsync(context, e).ConfigureAwait(false);
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            model.Metrics.Failed("REJECTED");
            await Errors.WriteAsync(context, e.StatusCode, $"the body is larger than the {options.MaxRequestBytes} bytes that are allowed").ConfigureAwait(false);
        }
        catch (BadHttpRequestException)
        {
            // The body ended too early: the server closes the connection, which an answer from here would keep open for a next request.
            model.Metrics.Failed("REJECTED");
            throw;
        }
        catch (OnnxRuntimeException e)
        {
            model.Metrics.Failed("BACKEND");
            activity?.SetStatus(ActivityStatusCode.Error, e.Message);
            LogModelFailed(model.Name, e.Message);
            await Errors.WriteAsync(context, StatusCodes.Status500InternalServerError, $"the model failed: {e.Message}").ConfigureAwait(false);
        }
    }

    private async Task InferAsync(HttpContext context, ServedModel served)
    {
        var model = RestModel.Of(served);
        var sample = sampling.Picks() ? new SampledInference(sampling, served, time) : null;
        RequireSupportedEncoding(context.Request);
        var body = await ReadAllAsync(context.Request.BodyReader, context.RequestAborted).ConfigureAwait(false);
        if (body.Length > MaxBytesAtOnce || !served.AnswersAtOnce)
            await EventThread.Leave();

        var start = time.GetTimestamp();
        using var request = Read(context.Request, body, model, sample);
        var features = monitoring.Of(served);
        var score = request.OutlierScore ? features.OutlierScore(request.Inputs) : null;
        features.Add(request.Inputs);
        var input = time.GetElapsedTime(start);

        using var result = await served.InferAsync(request.TakeInputs(), NamesOf(model, request.Outputs), context.RequestAborted).ConfigureAwait(false);

        start = time.GetTimestamp();
        await WriteAsync(context, model, request, result, score, sample).ConfigureAwait(false);
        served.Metrics.Succeeded(result.Rows, new InferTimes(result.Queue, input, result.Infer, time.GetElapsedTime(start)));
    }

    private static void RequireSupportedEncoding(HttpRequest request)
    {
        foreach (var encoding in request.Headers.ContentEncoding)
        {
            if (!"identity".Equals(encoding, StringComparison.OrdinalIgnoreCase))
                throw new RequestException(StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{encoding}' is not supported: send the body as it is");
        }
    }

    private static async ValueTask<ReadOnlySequence<byte>> ReadAllAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted)
                return result.Buffer;
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Makes tensors of a body that lies in the connection's buffer, and gives the buffer back.</summary>
    private InferRequest Read(HttpRequest request, ReadOnlySequence<byte> body, RestModel model, SampledInference? sample)
    {
        byte[]? rented = null;
        try
        {
            // Small requests lie in one piece already.
            var bytes = body.FirstSpan;
            if (!body.IsSingleSegment)
            {
                var length = checked((int)body.Length);
                rented = ArrayPool<byte>.Shared.Rent(length);
                body.CopyTo(rented);
                bytes = rented.AsSpan(0, length);
            }
            var jsonBytes = JsonBytesOf(request, bytes.Length);
            sample?.Request(request.ContentType, jsonBytes == bytes.Length ? null : jsonBytes, bytes);
            return InferRequestReader.Read(model, bytes[..jsonBytes], bytes[jsonBytes..], options.MaxTensorElements);
        }
        finally
        {
            request.BodyReader.AdvanceTo(body.End);
            if (rented is not null)
                ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static int JsonBytesOf(HttpRequest request, int bodyBytes)
    {
        var headers = request.Headers[BinaryTensorData.LengthHeader];
        if (headers.Count == 0)
            return bodyBytes;
        // Whoever stands between might have read the other one.
        if (headers is not [{ } header])
            throw RequestException.BadRequest($"{BinaryTensorData.LengthHeader} is there {headers.Count} times");
        return uint.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var length) && length <= bodyBytes
            ? (int)length
            : throw RequestException.BadRequest($"{BinaryTensorData.LengthHeader} '{header}' is not a length within the body's {bodyBytes} bytes");
    }

    private static string[] NamesOf(RestModel model, int[] outputs) =>
        ReferenceEquals(outputs, model.AllOutputs) ? model.AllOutputNames : [.. outputs.Select(output => model.Outputs[output].Name)];

    private static async ValueTask WriteAsync(HttpContext context, RestModel model, InferRequest request, InferenceResult result, double? score, SampledInference? sample)
    {
        using var json = new PooledBuffer();
        var binary = InferResponseWriter.Write(json, model, request, result.Outputs, score);
        var response = context.Response;
        response.ContentLength = json.Length + (binary ?? 0);
        response.ContentType = "application/json";
        if (binary is not null)
        {
            response.ContentType = "application/octet-stream";
            response.Headers[BinaryTensorData.LengthHeader] = json.Length.ToString(CultureInfo.InvariantCulture);
        }
        response.BodyWriter.Write(json.Written);
        for (var index = 0; index < result.Outputs.Length; index++)
        {
            if (request.IsBinary(index))
                await BinaryTensorData.WriteAsync(response.BodyWriter, result.Outputs[index], context.RequestAborted).ConfigureAwait(false);
        }
        sample?.Response(json.Written);
    }

    [LoggerMessage(LogLevel.Warning, "model {Model} failed: {Error}")]
    private partial void LogModelFailed(string model, string error);
}
