using System.Diagnostics.CodeAnalysis;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Lets requests run in their order, as many batches at once as there are instances, and answers each request exactly once.</summary>
/// <remarks>
/// A request is answered by whoever first moves it to <see cref="CallState.Answered"/> under the lock: its run, its
/// client that went away, or the timeout. A run that nobody waits for any more is ended early.
/// </remarks>
internal sealed partial class RequestScheduler : IDisposable
{
    /// <summary>A model that is this quick runs on its request's own thread: handing it to another would take as long.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(1);

    // One run of many that the kernel interrupted says nothing; several slow ones in a row do.
    private const int RunsThatCount = 8, MostBriefs = 4;

    // Runs block threads of the pool; it must have others at once for those who only ask whether the server is alive.
    private static int s_blocked;

    private readonly OrtSession _session;
    private readonly SchedulingOptions _options;
    private readonly UseCount _uses;
    private readonly ModelMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly BatchQueue<InferenceCall> _queue;
    private readonly ModelInstance[] _instances;
    private readonly Stack<ModelInstance> _idle;
    private readonly Action<object?, CancellationToken> _onCancelled;
    private readonly ITimer _deadlines;
    private readonly ITimer? _batches;
    private readonly long _timeout, _briefTicks;
    private long? _usualTicks;
    private int _running;
    private bool _deadlineSet;
    private long? _batchDue;
    private bool _stopped;
    private volatile bool _brief;
    private volatile bool _joins;

    /// <param name="session">The model.</param>
    /// <param name="options">How requests are run.</param>
    /// <param name="uses">Keeps the model while it runs; this is disposed with the last use.</param>
    /// <param name="metrics">Where requests and runs are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where it is said that requests cannot run together.</param>
    public RequestScheduler(OrtSession session, SchedulingOptions options, UseCount uses, ModelMetrics metrics, TimeProvider time, ILogger logger)
    {
        (_session, _options, _uses, _metrics, _time, _logger) = (session, options, uses, metrics, time, logger);
        _joins = options.MaxBatchSize > 1;
        _queue = new BatchQueue<InferenceCall>(options.MaxBatchSize, Ticks(options.MaxBatchDelay), BatchAxis.SameKind);
        // Rows that run in many small runs at once are not there for one large one.
        _instances = new ModelInstance[_joins ? options.Instances : Math.Max(options.Instances, options.BriefInstances)];
        for (var i = 0; i < _instances.Length; i++)
            _instances[i] = new ModelInstance(session, this, metrics, time);
        _idle = new Stack<ModelInstance>(_instances);
        _onCancelled = (call, token) => OnCancelled((InferenceCall)call!, token);
        _timeout = Ticks(options.RequestTimeout);
        _briefTicks = Ticks(Brief);
        _deadlines = time.CreateTimer(static state => ((RequestScheduler)state!).OnDeadline(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (_joins && options.MaxBatchDelay > TimeSpan.Zero)
            _batches = FineTimer.Create(time, static state => ((RequestScheduler)state!).OnBatchDue(), this);
        KeepThreads(Interlocked.Add(ref s_blocked, options.Instances));
    }

    /// <summary>Guards the state of every call and instance of this scheduler.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Whether the last few runs took less than a millisecond each.</summary>
    public bool IsBrief => _brief;

    /// <summary>Whether requests may run together.</summary>
    public bool Joins => _joins;

    private static void KeepThreads(int blocked)
    {
        ThreadPool.GetMinThreads(out _, out var completionPorts);
        ThreadPool.SetMinThreads(Environment.ProcessorCount + blocked, completionPorts);
    }

    /// <summary>Runs the call now, or when an instance is free and its batch due. Its inputs are disposed, however it ends.</summary>
    public void Submit(InferenceCall call, CancellationToken cancellationToken)
    {
        call.Submitted = _time.GetTimestamp();
        if (cancellationToken.CanBeCanceled)
            call.Cancellation = cancellationToken.UnsafeRegister(_onCancelled, call);
        ModelInstance? own = null;
        RequestException? refusal = null;
        lock (Gate)
        {
            if (call.State == CallState.Answered)
                return;
            var joins = call.CanJoin && _joins;
            if (_stopped)
                refusal = ShuttingDown();
            else if (_queue.Count == 0 && (!joins || _batches is null) && TryTakeInstance(out own))
            {
                own.Calls.Add(call);
                Begin(own);
            }
            else if (!TryWait(call, joins))
            {
                refusal = new RequestException(StatusCodes.Status429TooManyRequests, $"{_options.MaxPendingRequests} requests wait for the model already: try again later");
            }
            if (refusal is not null)
                call.State = CallState.Answered;
            else if (!_deadlineSet)
                SetDeadline(call.Submitted, call.Submitted);
        }
        if (refusal is not null)
        {
            call.DisposeInputs();
            call.Refuse(refusal);
        }
        else if (own is not null && _brief)
        {
            Work(own, alone: true);
        }
        else if (own is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(own, preferLocal: false);
        }
    }

    private bool HasInstance => _idle.Count > 0 && (_brief || _running < _options.Instances);

    private bool TryTakeInstance([NotNullWhen(true)] out ModelInstance? instance)
    {
        instance = HasInstance ? _idle.Pop() : null;
        return instance is not null;
    }

    private bool TryWait(InferenceCall call, bool joins)
    {
        call.State = CallState.Waiting;
        call.Place = _queue.Add(call, joins ? call.Rows : 0, call.Submitted);
        _metrics.PendingChanged(1);
        StartWhatIsDue(call.Submitted, atOnce: false);
        // Waiting for company must not be why a request is turned away.
        if (_queue.Count > _options.MaxPendingRequests)
            StartWhatIsDue(call.Submitted, atOnce: true);
        if (_queue.Count <= _options.MaxPendingRequests)
            return true;
        Unqueue(call);
        return false;
    }

    private void StartWhatIsDue(long now, bool atOnce)
    {
        while (HasInstance && _idle.Peek() is var instance && _queue.TryTake(now, instance.Calls, atOnce))
        {
            _idle.Pop();
            _metrics.PendingChanged(-instance.Calls.Count);
            Begin(instance);
            ThreadPool.UnsafeQueueUserWorkItem(instance, preferLocal: false);
        }
        if (_batches is null || !HasInstance || _queue.NextDue is not { } due || _batchDue <= due)
            return;
        _batchDue = due;
        _batches.Change(_time.GetElapsedTime(now, due), Timeout.InfiniteTimeSpan);
    }

    private void Begin(ModelInstance instance)
    {
        // The caller of a waiting request holds the model, so this cannot fail.
        _uses.TryTake();
        _running++;
        instance.Begin();
    }

    /// <summary>Runs what an instance was given, and then what waits.</summary>
    /// <param name="instance">An instance with calls.</param>
    /// <param name="alone">Whether to leave what waits to another thread.</param>
    public void Work(ModelInstance instance, bool alone)
    {
        while (true)
        {
            var begun = _time.GetTimestamp();
            instance.Run();
            InferenceCall?[] calls = [.. instance.Calls];
            bool more;
            lock (Gate)
            {
                for (var i = 0; i < calls.Length; i++)
                {
                    var answered = calls[i]!.State == CallState.Answered;
                    calls[i]!.State = CallState.Answered;
                    if (answered)
                    {
                        calls[i]!.Discard();
                        calls[i] = null;
                    }
                }
                instance.Calls.Clear();
                var now = _time.GetTimestamp();
                Ran(now - begun);
                more = (_brief || _running <= _options.Instances) && _queue.TryTake(now, instance.Calls);
                if (more)
                {
                    _metrics.PendingChanged(-instance.Calls.Count);
                    instance.Begin();
                }
                else
                {
                    _running--;
                    _idle.Push(instance);
                    StartWhatIsDue(now, atOnce: false);
                }
            }
            foreach (var call in calls)
                call?.Deliver();
            if (!more)
            {
                _uses.Release();
                return;
            }
            if (alone)
            {
                ThreadPool.UnsafeQueueUserWorkItem(instance, preferLocal: false);
                return;
            }
        }
    }

    /// <summary>Learns from a run how long the model usually takes. Under the lock.</summary>
    private void Ran(long ticks)
    {
        var counted = Math.Min(ticks, MostBriefs * _briefTicks);
        _usualTicks = _usualTicks is { } usual ? usual + (counted - usual) / RunsThatCount : counted;
        _brief = _usualTicks < _briefTicks;
    }

    /// <summary>The model does not answer one row for each row it is given: from now on each request runs alone.</summary>
    public void StopJoining(int output, long rows, long[] shape)
    {
        lock (Gate)
        {
            if (!_joins)
                return;
            _joins = false;
        }
        LogJoiningStopped(_session.Outputs[output].Name, string.Join(',', shape), rows);
    }

    private void Unqueue(InferenceCall call)
    {
        _queue.Remove(call.Place!);
        _metrics.PendingChanged(-1);
    }

    private static RequestException ShuttingDown() => new(StatusCodes.Status503ServiceUnavailable, "shutting down");

    private void OnCancelled(InferenceCall call, CancellationToken token)
    {
        CallState state;
        lock (Gate)
        {
            state = call.State;
            if (state == CallState.Answered)
                return;
            call.State = CallState.Answered;
            if (state == CallState.Running)
                call.Instance!.Left();
            else if (state == CallState.Waiting)
                Unqueue(call);
        }
        // Those of a running call are in use until its run ends.
        if (state != CallState.Running)
            call.DisposeInputs();
        call.Cancel(token);
    }

    private void OnBatchDue()
    {
        lock (Gate)
        {
            _batchDue = null;
            StartWhatIsDue(_time.GetTimestamp(), atOnce: false);
        }
    }

    private void OnDeadline()
    {
        List<InferenceCall> late;
        lock (Gate)
        {
            var now = _time.GetTimestamp();
            late = TakeSubmittedUntil(now - _timeout);
            var oldest = _queue.OldestAdded;
            foreach (var instance in _instances)
            {
                foreach (var call in instance.Calls)
                {
                    if (call.State != CallState.Answered && !(call.Submitted > oldest))
                        oldest = call.Submitted;
                }
            }
            _deadlineSet = false;
            if (oldest is { } submitted)
                SetDeadline(submitted, now);
        }
        Refuse(late, () => new RequestException(StatusCodes.Status504GatewayTimeout, $"the model did not answer within {_options.RequestTimeout.TotalSeconds} s"));
    }

    /// <summary>Answers 503 to all that waits and runs, and to what comes.</summary>
    public void Stop()
    {
        List<InferenceCall> all;
        lock (Gate)
        {
            _stopped = true;
            all = TakeSubmittedUntil(long.MaxValue);
        }
        Refuse(all, ShuttingDown);
    }

    /// <summary>Takes those calls from queue and instances. The caller answers them, outside of the lock.</summary>
    private List<InferenceCall> TakeSubmittedUntil(long time)
    {
        var calls = new List<InferenceCall>();
        _queue.TakeAddedUntil(time, calls);
        _metrics.PendingChanged(-calls.Count);
        foreach (var call in calls)
            call.State = CallState.Answered;
        foreach (var instance in _instances)
        {
            foreach (var call in instance.Calls)
            {
                if (call.State == CallState.Answered || call.Submitted > time)
                    continue;
                call.State = CallState.Answered;
                calls.Add(call);
                instance.Left();
            }
        }
        return calls;
    }

    private static void Refuse(List<InferenceCall> calls, Func<RequestException> why)
    {
        foreach (var call in calls)
        {
            // The inputs of one that runs are in use until its run ends.
            if (call.Instance is null)
                call.DisposeInputs();
            call.Refuse(why());
        }
    }

    /// <summary>One timer serves all calls: it is set for the earliest, and looks for the next one when it fires.</summary>
    private void SetDeadline(long submitted, long now)
    {
        if (_timeout <= 0)
            return;
        // Timers count whole milliseconds; one that fires too early would have to be set again.
        var left = _time.GetElapsedTime(now, submitted + _timeout).TotalMilliseconds;
        _deadlineSet = _deadlines.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(1, left))), Timeout.InfiniteTimeSpan);
    }

    private long Ticks(TimeSpan time) => (long)(time.TotalSeconds * _time.TimestampFrequency);

    public void Dispose()
    {
        _deadlines.Dispose();
        _batches?.Dispose();
        foreach (var instance in _instances)
            instance.Dispose();
        KeepThreads(Interlocked.Add(ref s_blocked, -_instances.Length));
    }

    [LoggerMessage(LogLevel.Warning, "requests are run one by one from now on: output '{Output}' has the shape [{Shape}] for {Rows} rows of input")]
    private partial void LogJoiningStopped(string output, string shape, long rows);
}
