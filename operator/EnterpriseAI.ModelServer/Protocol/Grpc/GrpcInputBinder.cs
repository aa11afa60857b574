using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Checks a request's inputs against the model's and makes tensors of them, straight from the message.</summary>
internal static class GrpcInputBinder
{
    /// <param name="request">The request.</param>
    /// <param name="message">The message that it was parsed from.</param>
    /// <param name="expected">The model's inputs.</param>
    /// <param name="maxElements">Elements that one tensor may have.</param>
    /// <returns>One tensor per input; the caller disposes them.</returns>
    /// <exception cref="RequestException">400, naming the input.</exception>
    /// <exception cref="GrpcException">The contents are not well-formed.</exception>
    public static List<InputTensor> Bind(GrpcInferRequest request, ReadOnlySpan<byte> message, IReadOnlyList<TensorDescription> expected, long maxElements)
    {
        CheckContents(request);
        var tensors = new List<InputTensor>(expected.Count);
        try
        {
            for (var index = 0; index < request.Inputs.Count; index++)
            {
                var input = request.Inputs[index];
                var description = expected.FirstOrDefault(candidate => candidate.Name == input.Name)
                    ?? throw RequestException.BadRequest($"input '{input.Name}' is unknown: the model has {NamesOf(expected)}");
                if (tensors.Exists(tensor => tensor.Name == input.Name))
                    throw RequestException.BadRequest($"input '{input.Name}' is given twice");
                CheckType(input, description);
                tensors.Add(request.RawContents.Count > 0
                    ? Raw(input, description, request.RawContents[index].Of(message), maxElements)
                    : Typed(input, description, message, maxElements));
            }
            if (expected.FirstOrDefault(input => !tensors.Exists(tensor => tensor.Name == input.Name)) is { } missing)
                throw RequestException.BadRequest($"input '{missing.Name}' is missing: the model needs {NamesOf(expected)}");
            return tensors;
        }
        catch
        {
            tensors.ForEach(static tensor => tensor.Tensor.Dispose());
            throw;
        }
    }

    private static string NamesOf(IReadOnlyList<TensorDescription> inputs) => string.Join(", ", inputs.Select(static input => $"'{input.Name}'"));

    private static void CheckContents(GrpcInferRequest request)
    {
        if (request.RawContents.Count == 0)
            return;
        if (request.Inputs.FirstOrDefault(static input => input.Contents.Count > 0) is { } both)
            throw RequestException.BadRequest($"input '{both.Name}': give either 'contents' or 'raw_input_contents', for all inputs the same");
        if (request.RawContents.Count != request.Inputs.Count)
            throw RequestException.BadRequest($"'raw_input_contents' has {request.RawContents.Count} entries for {request.Inputs.Count} inputs: it must have one for each");
    }

    private static void CheckType(GrpcInput input, TensorDescription expected)
    {
        if (!Datatype.IsKnown(input.Datatype))
            throw RequestException.BadRequest($"input '{input.Name}': 'datatype' must be one of {Datatype.Names}");
        if (input.Datatype != Datatype.Of(expected.Type))
            throw RequestException.BadRequest($"input '{input.Name}': datatype is {input.Datatype}, the model needs {Datatype.Of(expected.Type)}");
    }

    private static InputTensor Raw(GrpcInput input, TensorDescription expected, ReadOnlySpan<byte> bytes, long maxElements)
    {
        // Memory for the tensor is taken only when the request can really fill it.
        InputShape.Check(expected, input.Shape, bytes.Length / InputShape.BinaryBytesPerElement(expected.Type), maxElements);
        return Create(input, expected, bytes, static (input, tensor, data) => BinaryTensorData.Fill(input.Name, tensor, data));
    }

    private static InputTensor Typed(GrpcInput input, TensorDescription expected, ReadOnlySpan<byte> message, long maxElements)
    {
        InputShape.Check(expected, input.Shape, maxElements, maxElements);
        var needed = input.Shape.Aggregate(1L, static (product, dimension) => product * dimension);
        // Nothing is nothing in every datatype, also in those that have no typed contents.
        if (needed == 0 && input.Contents.Count == 0)
            return Create(input, expected, message, static (_, _, _) => { });
        if (ContentsReader.Count(message, input, expected.Type) is var given && needed != given)
            throw RequestException.BadRequest($"input '{input.Name}': shape [{string.Join(',', input.Shape)}] needs {needed} elements, the contents have {given}");
        return Create(input, expected, message, static (input, tensor, bytes) => ContentsReader.Fill(bytes, input, tensor));
    }

    private delegate void FillTensor(GrpcInput input, OrtTensor tensor, ReadOnlySpan<byte> bytes);

    private static InputTensor Create(GrpcInput input, TensorDescription expected, ReadOnlySpan<byte> bytes, FillTensor fill)
    {
        var tensor = OrtTensor.Create(expected.Type, input.Shape);
        try
        {
            fill(input, tensor, bytes);
            return new InputTensor(input.Name, tensor);
        }
        catch
        {
            tensor.Dispose();
            throw;
        }
    }
}
