using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Lets requests run in their order, as many at once as there are instances, and answers each exactly once.</summary>
/// <remarks>
/// A request is answered by whoever first moves it to <see cref="CallState.Answered"/> under the lock: its run, its
/// client that went away, or the timeout. A run that nobody waits for any more is ended early.
/// </remarks>
internal sealed class RequestScheduler : IDisposable
{
    /// <summary>A model that is this quick runs on its request's own thread: handing it to another would take as long.</summary>
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(1);

    // Runs block threads of the pool; it must have others at once for those who only ask whether the server is alive.
    private static int s_blocked;

    private readonly Lock _lock = new();
    private readonly LinkedList<InferenceCall> _queue = new();
    private readonly ModelInstance[] _instances;
    private readonly Stack<ModelInstance> _idle;
    private readonly SchedulingOptions _options;
    private readonly UseCount _uses;
    private readonly ModelMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ITimer _deadlines;
    private bool _deadlineSet;
    private volatile bool _brief;

    /// <param name="session">The model.</param>
    /// <param name="options">How requests are run.</param>
    /// <param name="uses">Keeps the model while it runs; this is disposed with the last use.</param>
    /// <param name="metrics">Where waiting requests are counted.</param>
    /// <param name="time">The clock.</param>
    public RequestScheduler(OrtSession session, SchedulingOptions options, UseCount uses, ModelMetrics metrics, TimeProvider time)
    {
        (_options, _uses, _metrics, _time) = (options, uses, metrics, time);
        _instances = new ModelInstance[options.Instances];
        for (var i = 0; i < _instances.Length; i++)
            _instances[i] = new ModelInstance(session, this, time);
        _idle = new Stack<ModelInstance>(_instances);
        _deadlines = time.CreateTimer(static state => ((RequestScheduler)state!).OnDeadline(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        KeepThreads(Interlocked.Add(ref s_blocked, options.Instances));
    }

    private static void KeepThreads(int blocked)
    {
        ThreadPool.GetMinThreads(out _, out var completionPorts);
        ThreadPool.SetMinThreads(Environment.ProcessorCount + blocked, completionPorts);
    }

    /// <summary>Runs the call now, or when an instance is free. Its inputs are disposed, however it ends.</summary>
    /// <exception cref="RequestException">429: too many wait already.</exception>
    /// <exception cref="OperationCanceledException">The client has gone already.</exception>
    public void Submit(InferenceCall call, CancellationToken cancellationToken)
    {
        call.Submitted = _time.GetTimestamp();
        if (cancellationToken.CanBeCanceled)
            call.Cancellation = cancellationToken.UnsafeRegister((state, token) => OnCancelled((InferenceCall)state!, token), call);
        ModelInstance? instance = null;
        var full = false;
        lock (_lock)
        {
            if (call.State == CallState.Answered)
                return;
            if (_idle.TryPop(out instance))
            {
                _uses.TryTake();
                instance.Begin(call);
            }
            else if (_queue.Count >= _options.MaxPendingRequests)
            {
                full = true;
                call.State = CallState.Answered;
            }
            else
            {
                call.State = CallState.Waiting;
                call.Place = _queue.AddLast(call);
                _metrics.PendingChanged(1);
            }
            if (!_deadlineSet && !full)
                SetDeadline(call.Submitted, call.Submitted);
        }
        if (full)
        {
            call.DisposeInputs();
            call.Refuse(new RequestException(StatusCodes.Status429TooManyRequests, $"{_options.MaxPendingRequests} requests wait for the model already: try again later"));
        }
        else if (instance is not null && _brief)
        {
            Work(instance, alone: true);
        }
        else if (instance is not null)
        {
            ThreadPool.UnsafeQueueUserWorkItem(instance, preferLocal: false);
        }
    }

    /// <summary>Runs what an instance has taken, and then what waits.</summary>
    /// <param name="instance">An instance with a call.</param>
    /// <param name="alone">Whether to leave what waits to another thread.</param>
    public void Work(ModelInstance instance, bool alone)
    {
        while (true)
        {
            var call = instance.Call!;
            _brief = instance.Run() < Brief;
            bool wanted, more;
            lock (_lock)
            {
                wanted = call.State != CallState.Answered;
                call.State = CallState.Answered;
                instance.End();
                more = _queue.First is not null;
                if (more)
                    instance.Begin(Dequeue(_queue.First!.Value));
                else
                    _idle.Push(instance);
            }
            if (wanted)
                call.Deliver();
            else
                call.Discard();
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

    private InferenceCall Dequeue(InferenceCall call)
    {
        _queue.Remove(call.Place!);
        call.Place = null;
        _metrics.PendingChanged(-1);
        return call;
    }

    private void OnCancelled(InferenceCall call, CancellationToken token)
    {
        lock (_lock)
        {
            if (!TryAnswer(call))
                return;
        }
        call.Cancel(token);
    }

    /// <summary>Takes a call that has no outcome yet away from queue and instance; its inputs are disposed when they are not in use.</summary>
    private bool TryAnswer(InferenceCall call)
    {
        switch (call.State)
        {
            case CallState.Answered:
                return false;
            case CallState.Running:
                call.Instance!.Terminate();
                break;
            case CallState.Waiting:
                Dequeue(call).DisposeInputs();
                break;
            default:
                call.DisposeInputs();
                break;
        }
        call.State = CallState.Answered;
        return true;
    }

    private void OnDeadline()
    {
        var late = new List<InferenceCall>();
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            long? next = null;
            foreach (var instance in _instances)
            {
                if (instance.Call is { } call)
                    Check(call);
            }
            // They wait in the order they came, so those after the first that has time left have it too.
            while (_queue.First?.Value is { } first && Check(first))
            {
            }
            _deadlineSet = false;
            if (next is { } submitted)
                SetDeadline(submitted, now);

            bool Check(InferenceCall call)
            {
                if (_time.GetElapsedTime(call.Submitted, now) < _options.RequestTimeout)
                {
                    if (call.State != CallState.Answered)
                        next = Math.Min(next ?? long.MaxValue, call.Submitted);
                    return false;
                }
                if (TryAnswer(call))
                    late.Add(call);
                return true;
            }
        }
        foreach (var call in late)
            call.Refuse(new RequestException(StatusCodes.Status504GatewayTimeout, $"the model did not answer within {_options.RequestTimeout.TotalSeconds} s"));
    }

    /// <summary>One timer serves all calls: it is set for the earliest, and looks for the next one when it fires.</summary>
    private void SetDeadline(long submitted, long now)
    {
        if (_options.RequestTimeout <= TimeSpan.Zero)
            return;
        // Timers count whole milliseconds; one that fires too early would have to be set again.
        var left = _options.RequestTimeout - _time.GetElapsedTime(submitted, now);
        _deadlineSet = _deadlines.Change(TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(1, left.TotalMilliseconds))), Timeout.InfiniteTimeSpan);
    }

    public void Dispose()
    {
        _deadlines.Dispose();
        foreach (var instance in _instances)
            instance.Dispose();
        KeepThreads(Interlocked.Add(ref s_blocked, -_instances.Length));
    }
}
