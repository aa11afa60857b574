using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>A place where the model runs for one batch at a time.</summary>
/// <remarks>
/// Guarantees: a request sees its own rows only, and an error only when it has it alone too. When requests fail together,
/// each is run again by itself.
/// </remarks>
internal sealed class ModelInstance(OrtSession session, RequestScheduler scheduler, ModelMetrics metrics, TimeProvider time) : IThreadPoolWorkItem, IDisposable
{
    private readonly OrtRunOptions _options = new();
    private InferenceCall? _alone;
    private bool _terminated;

    /// <summary>What it runs; changed under the scheduler's lock only.</summary>
    public List<InferenceCall> Calls { get; } = [];

    /// <summary>It was given its <see cref="Calls"/>. Under the scheduler's lock.</summary>
    public void Begin()
    {
        _alone = null;
        Reset();
        foreach (var call in Calls)
        {
            call.Instance = this;
            call.State = CallState.Running;
        }
    }

    /// <summary>One of its calls was answered before the run ended: a run that nobody waits for ends early. Under the scheduler's lock.</summary>
    public void Left()
    {
        if (_alone is { } only ? only.State != CallState.Answered : Calls.Exists(static call => call.State != CallState.Answered))
            return;
        _terminated = true;
        _options.Terminate();
    }

    private void Reset()
    {
        if (_terminated)
            _options.Reset();
        _terminated = false;
    }

    /// <summary>Runs the model; every call knows its outcome afterwards, unless nobody waits for it.</summary>
    public void Run()
    {
        try
        {
            if (Calls.Count == 1)
            {
                RunAlone(Calls[0]);
            }
            else if (!scheduler.Joins || !TryRunTogether())
            {
                foreach (var call in Calls)
                {
                    if (TurnTo(call))
                        RunAlone(call);
                }
            }
        }
        finally
        {
            foreach (var call in Calls)
                call.DisposeInputs();
        }
    }

    private bool TurnTo(InferenceCall call)
    {
        lock (scheduler.Gate)
        {
            _alone = call;
            Reset();
            return call.State != CallState.Answered;
        }
    }

    private void RunAlone(InferenceCall call)
    {
        try
        {
            var begun = time.GetTimestamp();
            var outputs = session.Run(call.Inputs, call.Outputs, _options);
            call.Succeed(new InferenceResult(outputs, time.GetElapsedTime(call.Submitted, begun), time.GetElapsedTime(begun), 1, call.Rows));
            metrics.Executed(call.Rows);
        }
        // Whatever it is, it belongs to the call: a thread of the pool must not end by it.
        catch (Exception e)
        {
            call.Fail(e);
        }
    }

    private bool TryRunTogether()
    {
        var inputs = new OrtTensor[Calls[0].Inputs.Length];
        OrtTensor[] outputs = [];
        try
        {
            var parts = new OrtTensor[Calls.Count];
            for (var i = 0; i < inputs.Length; i++)
            {
                for (var c = 0; c < parts.Length; c++)
                    parts[c] = Calls[c].Inputs[i];
                inputs[i] = TensorBatch.Join(parts);
            }
            var begun = time.GetTimestamp();
            outputs = session.Run(inputs, Calls[0].Outputs, _options);
            var infer = time.GetElapsedTime(begun);
            return TryShare(outputs, begun, infer);
        }
        // Which request it was, or whether all of them were too much together, only running each alone can tell.
        catch (Exception)
        {
            return false;
        }
        finally
        {
            Dispose(inputs);
            Dispose(outputs);
        }
    }

    /// <summary>Gives each call its rows of the outputs; false when the outputs do not have a row for each row of the inputs.</summary>
    private bool TryShare(OrtTensor[] outputs, long begun, TimeSpan infer)
    {
        var rows = new long[Calls.Count];
        var sum = 0L;
        for (var c = 0; c < rows.Length; c++)
            sum += rows[c] = Calls[c].Rows;
        var shares = new OrtTensor[outputs.Length][];
        try
        {
            for (var o = 0; o < outputs.Length; o++)
            {
                if (TensorBatch.Split(outputs[o], rows) is not { } split)
                {
                    scheduler.StopJoining(Calls[0].Outputs[o], sum, outputs[o].Shape);
                    Array.ForEach(shares, Dispose);
                    return false;
                }
                shares[o] = split;
            }
        }
        catch
        {
            Array.ForEach(shares, Dispose);
            throw;
        }
        metrics.Executed(sum);
        for (var c = 0; c < rows.Length; c++)
        {
            var own = new OrtTensor[outputs.Length];
            for (var o = 0; o < own.Length; o++)
                own[o] = shares[o][c];
            Calls[c].Succeed(new InferenceResult(own, time.GetElapsedTime(Calls[c].Submitted, begun), infer, rows.Length, rows[c]));
        }
        return true;
    }

    private static void Dispose(OrtTensor?[]? tensors)
    {
        foreach (var tensor in tensors ?? [])
            tensor?.Dispose();
    }

    void IThreadPoolWorkItem.Execute() => scheduler.Work(this, alone: false);

    public void Dispose() => _options.Dispose();
}
