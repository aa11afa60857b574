using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>An inference request that was read, checked against the model, and turned into tensors.</summary>
internal sealed class InferRequest : IDisposable
{
    /// <summary>Echoed in the response; null if absent.</summary>
    public string? Id { get; set; }

    /// <summary>One tensor per input of the model. They are disposed with the request, unless <see cref="TakeInputs"/> gave them away.</summary>
    public List<InputTensor> Inputs { get; private set; } = [];

    /// <summary>The outputs to answer with: positions in the model's list.</summary>
    public required int[] Outputs { get; set; }

    /// <summary>Whether each of <see cref="Outputs"/> is wanted in binary; null when all are wanted as <see cref="BinaryOutput"/> says.</summary>
    public bool?[]? Binary { get; set; }

    /// <summary>Whether outputs that do not say otherwise are wanted in binary.</summary>
    public bool BinaryOutput { get; set; }

    /// <summary>Whether the response shall say how unusual the inputs are.</summary>
    public bool OutlierScore { get; set; }

    public bool IsBinary(int output) => Binary?[output] ?? BinaryOutput;

    /// <summary>Hands the tensors to whoever disposes them from now on.</summary>
    public List<InputTensor> TakeInputs()
    {
        var inputs = Inputs;
        Inputs = [];
        return inputs;
    }

    public void Dispose()
    {
        foreach (var input in Inputs)
            input.Tensor.Dispose();
    }
}
