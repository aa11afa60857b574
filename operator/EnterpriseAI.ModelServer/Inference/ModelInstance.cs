using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>A place where the model runs for one request at a time.</summary>
internal sealed class ModelInstance(OrtSession session, RequestScheduler scheduler, TimeProvider time) : IThreadPoolWorkItem, IDisposable
{
    private readonly OrtRunOptions _options = new();
    private bool _terminated;

    /// <summary>What it runs; changed under the scheduler's lock only.</summary>
    public InferenceCall? Call { get; private set; }

    /// <summary>Takes a call. Under the scheduler's lock.</summary>
    public void Begin(InferenceCall call)
    {
        if (_terminated)
        {
            _options.Reset();
            _terminated = false;
        }
        Call = call;
        call.Instance = this;
        call.State = CallState.Running;
    }

    /// <summary>Lets a run that nobody waits for end early. Under the scheduler's lock.</summary>
    public void Terminate()
    {
        _terminated = true;
        _options.Terminate();
    }

    /// <summary>It has no call any more. Under the scheduler's lock.</summary>
    public void End() => Call = null;

    /// <summary>Runs the model; the call knows its outcome afterwards.</summary>
    /// <returns>How long the model ran.</returns>
    public TimeSpan Run()
    {
        var call = Call!;
        var begun = time.GetTimestamp();
        try
        {
            var outputs = session.Run(call.Inputs, call.Outputs, _options);
            var infer = time.GetElapsedTime(begun);
            call.Succeed(new InferenceResult(outputs, time.GetElapsedTime(call.Submitted, begun), infer, 1));
            return infer;
        }
        // Whatever it is, it belongs to the call: a thread of the pool must not end by it.
        catch (Exception e)
        {
            call.Fail(e);
            return time.GetElapsedTime(begun);
        }
        finally
        {
            call.DisposeInputs();
        }
    }

    void IThreadPoolWorkItem.Execute() => scheduler.Work(this, alone: false);

    public void Dispose() => _options.Dispose();
}
