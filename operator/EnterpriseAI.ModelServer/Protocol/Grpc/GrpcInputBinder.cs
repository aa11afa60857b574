using System.Buffers.Binary;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Checks a request's inputs against the model's and makes tensors of them, straight from the message.</summary>
internal static class GrpcInputBinder
{
    private const int LengthPrefixBytes = 4;

    // No element is larger than a string of the native library, so that it can count a tensor's bytes without overflow.
    private const int MaxElementBytes = 64;

    /// <returns>One tensor per input; the caller disposes them.</returns>
    /// <exception cref="RequestException">400, naming the input.</exception>
    /// <exception cref="GrpcException">The contents are not well-formed.</exception>
    public static List<InputTensor> Bind(GrpcInferRequest request, ReadOnlySpan<byte> message, IReadOnlyList<TensorDescription> expected)
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
                CheckShape(input, description);
                if (request.RawContents.Count > 0)
                    tensors.Add(Raw(input, description, request.RawContents[index].Of(message)));
                else
                    tensors.Add(Typed(input, description, message));
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

    private static void CheckShape(GrpcInput input, TensorDescription expected)
    {
        // The model may leave the shape of an input open; ONNX Runtime shows that as a scalar's.
        var fits = expected.Shape.Count == 0
            || input.Shape.Length == expected.Shape.Count && input.Shape.Zip(expected.Shape).All(static pair => pair.Second < 0 || pair.First == pair.Second);
        if (!fits)
            throw RequestException.BadRequest($"input '{input.Name}': shape is {TextOf(input.Shape)}, the model needs {TextOf(expected.Shape)}{(expected.Shape.Contains(-1) ? " (-1 is any size)" : "")}");
        // A dimension of 0 makes the tensor empty, but the others are multiplied before it is reached.
        Int128 elements = MaxElementBytes;
        foreach (var dimension in input.Shape)
        {
            elements *= Math.Max(dimension, 1);
            if (elements > long.MaxValue)
                throw RequestException.BadRequest($"input '{input.Name}': shape {TextOf(input.Shape)} has more elements than any tensor");
        }
    }

    private static string TextOf(IEnumerable<long> shape) => $"[{string.Join(',', shape)}]";

    private static InputTensor Raw(GrpcInput input, TensorDescription expected, ReadOnlySpan<byte> bytes)
    {
        var count = CountOf(input);
        if (expected.Type == TensorElementType.String)
        {
            // Memory for the tensor is taken only when the request can really fill it.
            if (bytes.Length / LengthPrefixBytes < count)
                throw RequestException.BadRequest($"input '{input.Name}': shape {TextOf(input.Shape)} needs {count} elements, each with a length of {LengthPrefixBytes} bytes; the raw contents have {bytes.Length} bytes");
            return Create(input, expected, bytes, FillStrings);
        }
        if (count * expected.Type.Bytes() != bytes.Length)
            throw RequestException.BadRequest($"input '{input.Name}': shape {TextOf(input.Shape)} needs {count * expected.Type.Bytes()} bytes, the raw contents have {bytes.Length}");
        // Any other byte than 0 and 1 in a bool would be undefined behaviour in native code.
        if (expected.Type == TensorElementType.Bool && bytes.ContainsAnyExcept<byte>(0, 1))
            throw RequestException.BadRequest($"input '{input.Name}': a BOOL must be the byte 0 or 1");
        return Create(input, expected, bytes, static (_, tensor, data) => data.CopyTo(tensor.Bytes()));
    }

    private static InputTensor Typed(GrpcInput input, TensorDescription expected, ReadOnlySpan<byte> message)
    {
        var needed = CountOf(input);
        // Nothing is nothing in every datatype, also in those that have no typed contents.
        if (needed == 0 && input.Contents.Count == 0)
            return Create(input, expected, message, static (_, _, _) => { });
        if (ContentsReader.Count(message, input, expected.Type) is var given && needed != given)
            throw RequestException.BadRequest($"input '{input.Name}': shape {TextOf(input.Shape)} needs {needed} elements, the contents have {given}");
        return Create(input, expected, message, static (input, tensor, bytes) => ContentsReader.Fill(bytes, input, tensor));
    }

    private static long CountOf(GrpcInput input) => input.Shape.Aggregate(1L, static (product, dimension) => product * dimension);

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

    private static void FillStrings(GrpcInput input, OrtTensor tensor, ReadOnlySpan<byte> bytes)
    {
        for (var index = 0L; index < tensor.Count; index++)
        {
            if (bytes.Length < LengthPrefixBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - LengthPrefixBytes)
                throw RequestException.BadRequest($"input '{input.Name}': the raw contents end within element {index}");
            tensor.SetString(index, bytes.Slice(LengthPrefixBytes, (int)length));
            bytes = bytes[(LengthPrefixBytes + (int)length)..];
        }
        if (!bytes.IsEmpty)
            throw RequestException.BadRequest($"input '{input.Name}': the raw contents have {bytes.Length} bytes after the last element");
    }
}
