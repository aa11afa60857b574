using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>What a model answered to one request.</summary>
/// <param name="Outputs">The outputs in the order asked for.</param>
/// <param name="Queue">Time the request waited for the model.</param>
/// <param name="Infer">Time the model ran.</param>
/// <param name="BatchSize">How many requests the model ran together.</param>
/// <param name="Rows">How many inferences the request asked for.</param>
internal sealed record InferenceResult(OrtTensor[] Outputs, TimeSpan Queue, TimeSpan Infer, int BatchSize, long Rows) : IDisposable
{
    public void Dispose()
    {
        foreach (var output in Outputs)
            output.Dispose();
    }
}
