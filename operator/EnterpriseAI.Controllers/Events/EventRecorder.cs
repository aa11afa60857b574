using System.Globalization;
using System.Text;
using System.Threading.Channels;
using EnterpriseAI.Kubernetes;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace EnterpriseAI.Controllers;

/// <summary>Tells people, through <c>kubectl describe</c> and <c>kubectl get events</c>, what happened to an object.</summary>
/// <remarks>
/// Guarantees: <see cref="Normal"/> and <see cref="Warning"/> never wait and never throw; same events are counted, similar ones
/// combined, and the number per object is limited.
/// Caveats: events may be lost (a full buffer, an error, the end of the process): nothing may depend on them.
/// </remarks>
public sealed partial class EventRecorder
{
    const int BufferSize = 1000;
    const int LongestNote = 1024;
    const int LongestName = 200;

    readonly KubernetesClient _client;
    readonly string _controller;
    readonly string _instance;
    readonly ILogger _logger;
    readonly TimeProvider _time;
    readonly EventCorrelator _correlator;
    readonly Channel<Occurrence> _buffer = Channel.CreateBounded<Occurrence>(
        new BoundedChannelOptions(BufferSize) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <param name="client">Writes the events.</param>
    /// <param name="controller">Qualified name such as <c>enterpriseai.io/operator</c>.</param>
    /// <param name="instance">Such as the pod's name.</param>
    /// <param name="logger">Null for no log.</param>
    /// <param name="time">Null for the system's clock.</param>
    public EventRecorder(KubernetesClient client, string controller, string instance, ILogger<EventRecorder>? logger = null, TimeProvider? time = null)
    {
        (_client, _controller, _instance, _time) = (client, controller, instance, time ?? TimeProvider.System);
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _correlator = new EventCorrelator(_time);
    }

    /// <summary>Something worth knowing.</summary>
    /// <param name="regarding">The object, as read from the server.</param>
    /// <param name="reason">CamelCase, why it was done.</param>
    /// <param name="action">CamelCase, what was done.</param>
    /// <param name="note">For people, cut to 1024 bytes.</param>
    public void Normal(IKubernetesObject regarding, string reason, string action, string note) =>
        Record("Normal", regarding, reason, action, note);

    /// <summary>Something that somebody should look at.</summary>
    /// <inheritdoc cref="Normal"/>
    public void Warning(IKubernetesObject regarding, string reason, string action, string note) =>
        Record("Warning", regarding, reason, action, note);

    /// <summary>Writes what was recorded, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var occurrence in _buffer.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
                await WriteAsync(occurrence, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The end of the process.
        }
    }

    static string Shorten(string text, int bytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= bytes)
            return text;
        var end = Math.Min(text.Length, bytes);
        while (Encoding.UTF8.GetByteCount(text.AsSpan(0, end)) > bytes - 3 || char.IsHighSurrogate(text[end - 1]))
            end--;
        return text[..end] + "…";
    }

    void Record(string type, IKubernetesObject regarding, string reason, string action, string note)
    {
        ArgumentNullException.ThrowIfNull(regarding);
        var reference = new V1ObjectReference
        {
            ApiVersion = regarding.ApiVersion,
            Kind = regarding.Kind,
            Namespace = regarding.Metadata.Namespace,
            Name = regarding.Metadata.Name,
            Uid = regarding.Metadata.Uid,
            ResourceVersion = regarding.Metadata.ResourceVersion,
        };
        _buffer.Writer.TryWrite(new Occurrence(type, reference, reason, action, note, _time.GetUtcNow()));
    }

    async Task WriteAsync(Occurrence occurrence, CancellationToken cancellationToken)
    {
        var about = occurrence.Regarding;
        var verdict = _correlator.Judge(
            $"{about.Kind}/{about.Namespace}/{about.Name}/{about.Uid}", occurrence.Type, occurrence.Reason, occurrence.Action, occurrence.Note);
        try
        {
            if (verdict.Action == EventAction.Count && await TryCountAsync(occurrence, verdict, cancellationToken).ConfigureAwait(false))
                return;
            if (verdict.Action != EventAction.Drop)
                await CreateAsync(occurrence, verdict, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Also when the namespace is being deleted. An event is not worth a second try.
            LogNotWritten(occurrence.Reason, about.Kind, about.Namespace, about.Name, e.Message);
        }
    }

    async Task<bool> TryCountAsync(Occurrence occurrence, EventVerdict verdict, CancellationToken cancellationToken)
    {
        var at = occurrence.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
        var patch = Patch.Merge(string.Create(
            CultureInfo.InvariantCulture, $$"""{"series": {"count": {{Math.Max(2, verdict.Number)}}, "lastObservedTime": "{{at}}" } }"""));
        try
        {
            await _client.PatchAsync(
                CoreResources.Events, NamespaceOf(occurrence), verdict.EventName!, patch, null, null, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KubernetesException e) when (e.IsNotFound)
        {
            // The server drops events after an hour.
            _correlator.Forget(verdict.Key);
            return false;
        }
    }

    async Task CreateAsync(Occurrence occurrence, EventVerdict verdict, CancellationToken cancellationToken)
    {
        var about = occurrence.Regarding.Name ?? "unnamed";
        var name = string.Create(
            CultureInfo.InvariantCulture, $"{about[..Math.Min(about.Length, LongestName)]}.{occurrence.At.UtcTicks:x}{Random.Shared.Next(0x10000):x4}");
        await _client.CreateAsync(
            CoreResources.Events,
            new EventsV1Event
            {
                Metadata = new V1ObjectMeta { Namespace = NamespaceOf(occurrence), Name = name },
                EventTime = occurrence.At,
                ReportingController = _controller,
                ReportingInstance = Shorten(_instance, 128),
                Type = occurrence.Type,
                Reason = occurrence.Reason,
                Action = occurrence.Action,
                Note = Shorten(verdict.Note, LongestNote),
                Regarding = occurrence.Regarding,
            },
            null,
            cancellationToken).ConfigureAwait(false);
        _correlator.Created(verdict.Key, name, 1);
    }

    /// <summary>Events about cluster-scoped objects live in <c>default</c>.</summary>
    // Events of objects without a namespace: servers before 1.21 refuse every other namespace in events.k8s.io/v1, later ones take
    // "default" as well.
    static string NamespaceOf(Occurrence occurrence) => occurrence.Regarding.Namespace ?? "kube-system";

    [LoggerMessage(Level = LogLevel.Warning, Message = "Event {Reason} of {Kind} {Namespace}/{Name} was not written: {Error}")]
    partial void LogNotWritten(string reason, string? kind, string? @namespace, string? name, string error);

    sealed record Occurrence(string Type, V1ObjectReference Regarding, string Reason, string Action, string Note, DateTimeOffset At);
}
