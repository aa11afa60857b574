using System.Diagnostics;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>One request from when the engine took it over until it is answered.</summary>
/// <param name="inputs">In the order of the model's inputs.</param>
/// <param name="outputs">Positions of the model's outputs that are wanted.</param>
/// <param name="rows">How many inferences it asks for.</param>
/// <param name="canJoin">Whether its rows may run with those of others.</param>
internal sealed class InferenceCall(OrtTensor[] inputs, int[] outputs, long rows, bool canJoin)
{
    private readonly TaskCompletionSource<InferenceResult> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private InferenceResult? _result;
    private Exception? _error;

    public OrtTensor[] Inputs { get; } = inputs;

    public int[] Outputs { get; } = outputs;

    public long Rows { get; } = rows;

    public bool CanJoin { get; } = canJoin;

    /// <summary>Where it stands; changed under the scheduler's lock only.</summary>
    public CallState State { get; set; }

    /// <summary>When the scheduler took it.</summary>
    public long Submitted { get; set; }

    /// <summary>Where it waits.</summary>
    public BatchQueue<InferenceCall>.Place? Place { get; set; }

    /// <summary>Where it runs.</summary>
    public ModelInstance? Instance { get; set; }

    public CancellationTokenRegistration Cancellation { get; set; }

    public Task<InferenceResult> Answer => _answer.Task;

    /// <summary>What the model answered; the client sees it when it is delivered.</summary>
    public void Succeed(InferenceResult result) => _result = result;

    public void Fail(Exception error) => _error = error;

    /// <summary>Answers with what it succeeded or failed with.</summary>
    public void Deliver()
    {
        Cancellation.Unregister();
        if (_result is not null)
            _answer.SetResult(_result);
        else
            _answer.SetException(_error ?? new UnreachableException("a call ended with neither result nor error"));
    }

    /// <summary>Answers at once with an error, whatever becomes of it in the model.</summary>
    public void Refuse(Exception error)
    {
        Cancellation.Unregister();
        _answer.SetException(error);
    }

    public void Cancel(CancellationToken token) => _answer.SetCanceled(token);

    /// <summary>Drops a result that nobody waits for any more.</summary>
    public void Discard() => _result?.Dispose();

    public void DisposeInputs()
    {
        foreach (var input in Inputs)
            input.Dispose();
    }
}

internal enum CallState
{
    New,
    Waiting,
    Running,
    Answered,
}
