using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Threading.Channels;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>One side of an inference that was picked to be kept.</summary>
/// <param name="Id">The same for a request and its response.</param>
/// <param name="Type">The CloudEvents type.</param>
/// <param name="Source">The path of the model.</param>
/// <param name="Time">When it was seen.</param>
/// <param name="ContentType">The media type of <paramref name="Body"/>.</param>
/// <param name="HeaderBytes">Bytes of JSON before binary tensors; null when all is JSON.</param>
/// <param name="Body">The bytes as they were received or sent.</param>
/// <param name="TraceParent">The W3C trace context; null when there is none.</param>
internal sealed record PayloadSample(
    string Id, string Type, string Source, DateTimeOffset Time, string ContentType, int? HeaderBytes, byte[] Body, string? TraceParent)
{
    public const string RequestType = "io.enterpriseai.inference.request", ResponseType = "io.enterpriseai.inference.response";
}

/// <summary>Sends a random sample of requests and responses to a sink as CloudEvents 1.0 in HTTP's binary content mode.</summary>
/// <remarks>Serving comes first: samples that the sink is too slow or too broken for are dropped and counted, and never waited for.</remarks>
internal sealed partial class PayloadSampling : BackgroundService
{
    /// <summary>A payload above this is not sampled.</summary>
    public const int MaxBodyBytes = 1 << 20;

    private const int QueueLength = 256, Tries = 3;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Channel<PayloadSample> _queue = Channel.CreateBounded<PayloadSample>(QueueLength);
    private readonly double _rate;
    private readonly Uri? _sink;
    private readonly HttpClient _client;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly ILogger<PayloadSampling> _logger;
    private long _dropped;

    /// <param name="sink">Where samples go; nothing is sampled when it is null.</param>
    /// <param name="rate">The share of requests that is sampled, from 0 to 1.</param>
    /// <param name="client">Sends them.</param>
    /// <param name="random">Picks them.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failures are said.</param>
    public PayloadSampling(Uri? sink, double rate, HttpClient client, Random random, TimeProvider time, ILogger<PayloadSampling> logger)
    {
        _sink = sink;
        _rate = sink is null ? 0 : rate;
        _client = client;
        _client.Timeout = Timeout;
        _random = random;
        _time = time;
        _logger = logger;
    }

    /// <summary>Samples that were not sent.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    /// <summary>Whether the request at hand is one of the sample.</summary>
    public bool Picks() => _rate > 0 && _random.NextDouble() < _rate;

    public void Add(PayloadSample sample)
    {
        if (!_queue.Writer.TryWrite(sample))
            Interlocked.Increment(ref _dropped);
    }

    /// <summary>Counts a sample that is too large to be kept.</summary>
    public void Drop() => Interlocked.Increment(ref _dropped);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var sample in _queue.Reader.ReadAllAsync(stoppingToken).ConfigureAwait(false))
                await SendAsync(sample, stoppingToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task SendAsync(PayloadSample sample, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            string failure;
            try
            {
                using var request = RequestFor(sample);
                using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                if (response.IsSuccessStatusCode)
                    return;
                failure = $"status {(int)response.StatusCode}";
            }
            catch (Exception e) when (e is HttpRequestException || e is TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                failure = e.Message;
            }
            if (attempt == Tries)
            {
                Interlocked.Increment(ref _dropped);
                LogNotSent(Tries, failure);
                return;
            }
            await Task.Delay(Pause * attempt, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private HttpRequestMessage RequestFor(PayloadSample sample)
    {
        var content = new ByteArrayContent(sample.Body);
        content.Headers.ContentType = MediaTypeHeaderValue.TryParse(sample.ContentType, out var type) ? type : new MediaTypeHeaderValue("application/octet-stream");
        var request = new HttpRequestMessage(HttpMethod.Post, _sink) { Content = content };
        request.Headers.TryAddWithoutValidation("ce-specversion", "1.0");
        request.Headers.TryAddWithoutValidation("ce-id", $"{sample.Id}-{(sample.Type == PayloadSample.RequestType ? "request" : "response")}");
        request.Headers.TryAddWithoutValidation("ce-type", sample.Type);
        request.Headers.TryAddWithoutValidation("ce-source", sample.Source);
        request.Headers.TryAddWithoutValidation("ce-time", sample.Time.ToString("O", CultureInfo.InvariantCulture));
        // Extension attributes: what belongs together, and how to split a body with binary tensors.
        request.Headers.TryAddWithoutValidation("ce-inferenceid", sample.Id);
        if (sample.HeaderBytes is { } bytes)
            request.Headers.TryAddWithoutValidation("ce-inferenceheadercontentlength", bytes.ToString(CultureInfo.InvariantCulture));
        if (sample.TraceParent is { } trace)
            request.Headers.TryAddWithoutValidation("ce-traceparent", trace);
        return request;
    }

    [LoggerMessage(LogLevel.Warning, "a payload sample could not be sent, tried {Tries} times: {Error}")]
    private partial void LogNotSent(int tries, string error);

    /// <summary>The trace that the current request belongs to.</summary>
    public static string? TraceParent => Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;
}
