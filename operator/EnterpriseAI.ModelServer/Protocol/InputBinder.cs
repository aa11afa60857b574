using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>Checks a request's inputs against the model's and makes tensors of them.</summary>
internal static class InputBinder
{
    private const int LengthPrefixBytes = 4;

    /// <param name="request">The parsed request.</param>
    /// <param name="json">The JSON part of the body.</param>
    /// <param name="binary">What follows the JSON.</param>
    /// <param name="expected">The model's inputs.</param>
    /// <returns>One tensor per input; the caller disposes them.</returns>
    /// <exception cref="RequestException">400, naming the input.</exception>
    public static List<InputTensor> Bind(InferRequest request, ReadOnlySpan<byte> json, ReadOnlySpan<byte> binary, IReadOnlyList<TensorDescription> expected)
    {
        var tensors = new List<InputTensor>(expected.Count);
        try
        {
            foreach (var input in request.Inputs)
            {
                var description = expected.FirstOrDefault(candidate => candidate.Name == input.Name)
                    ?? throw RequestException.BadRequest($"input '{input.Name}' is unknown: the model has {NamesOf(expected)}");
                if (tensors.Exists(tensor => tensor.Name == input.Name))
                    throw RequestException.BadRequest($"input '{input.Name}' is given twice");
                var data = input.Data is { } range ? json[range] : TakeBinary(input, ref binary);
                CheckType(input, description);
                CheckShape(input, description, data.Length);
                var tensor = OrtTensor.Create(description.Type, input.Shape);
                tensors.Add(new InputTensor(input.Name, tensor));
                if (input.Data is not null)
                    TensorDataReader.Fill(input.Name, tensor, data);
                else
                    BinaryTensorData.Fill(input.Name, tensor, data);
            }
            if (expected.FirstOrDefault(input => !tensors.Exists(tensor => tensor.Name == input.Name)) is { } missing)
                throw RequestException.BadRequest($"input '{missing.Name}' is missing: the model needs {NamesOf(expected)}");
            if (!binary.IsEmpty)
                throw RequestException.BadRequest($"the body has {binary.Length} bytes after the last input's binary data");
            return tensors;
        }
        catch
        {
            tensors.ForEach(static tensor => tensor.Tensor.Dispose());
            throw;
        }
    }

    private static string NamesOf(IReadOnlyList<TensorDescription> inputs) => string.Join(", ", inputs.Select(static input => $"'{input.Name}'"));

    private static ReadOnlySpan<byte> TakeBinary(RequestInput input, ref ReadOnlySpan<byte> binary)
    {
        if (input.BinaryBytes > binary.Length)
            throw RequestException.BadRequest($"input '{input.Name}': binary_data_size is {input.BinaryBytes}, but the body has only {binary.Length} bytes left after its JSON");
        var data = binary[..(int)input.BinaryBytes!];
        binary = binary[data.Length..];
        return data;
    }

    private static void CheckType(RequestInput input, TensorDescription expected)
    {
        if (input.Datatype != Datatype.Of(expected.Type))
            throw RequestException.BadRequest($"input '{input.Name}': datatype is {input.Datatype}, the model needs {Datatype.Of(expected.Type)}");
    }

    private static void CheckShape(RequestInput input, TensorDescription expected, int dataBytes)
    {
        // The model may leave the shape of an input open; ONNX Runtime shows that as a scalar's.
        var fits = expected.Shape.Count == 0
            || input.Shape.Length == expected.Shape.Count && input.Shape.Zip(expected.Shape).All(static pair => pair.Second < 0 || pair.First == pair.Second);
        if (!fits)
            throw RequestException.BadRequest($"input '{input.Name}': shape is [{string.Join(',', input.Shape)}], the model needs [{string.Join(',', expected.Shape)}]{(expected.Shape.Contains(-1) ? " (-1 is any size)" : "")}");

        // Memory for the tensor is taken only when the request can really fill it.
        var elementBytes = input.Data is not null ? 1 : Math.Max(Datatype.ElementBytes(expected.Type), expected.Type == TensorElementType.String ? LengthPrefixBytes : 1);
        Int128 elements = 1;
        foreach (var dimension in input.Shape)
        {
            elements *= dimension;
            if (elements > dataBytes / elementBytes)
                break;
        }
        if (elements > dataBytes / elementBytes && !input.Shape.Contains(0))
            throw RequestException.BadRequest($"input '{input.Name}': shape [{string.Join(',', input.Shape)}] needs more elements than the data has");
    }
}
