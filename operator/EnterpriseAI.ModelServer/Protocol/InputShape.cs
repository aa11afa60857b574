using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>Whether the shape that a request gives fits the model, and the data that came with it.</summary>
internal static class InputShape
{
    private const int LengthPrefixBytes = 4;

    /// <summary>Fewest bytes that one element of binary data takes.</summary>
    public static int BinaryBytesPerElement(TensorElementType type) => type == TensorElementType.String ? LengthPrefixBytes : type.Bytes();

    /// <param name="expected">The model's input.</param>
    /// <param name="shape">What the request says.</param>
    /// <param name="fillable">Elements that the data can hold at most.</param>
    /// <param name="allowed">Elements that any tensor may have.</param>
    /// <exception cref="RequestException">400, naming the input.</exception>
    public static void Check(TensorDescription expected, ReadOnlySpan<long> shape, long fillable, long allowed)
    {
        if (!Fits(expected.Shape, shape))
            throw RequestException.BadRequest($"input '{expected.Name}': shape is {Text(shape)}, the model needs {Text([.. expected.Shape])}{(expected.Shape.Contains(-1) ? " (-1 is any size)" : "")}");
        if (Exceeds(shape, allowed))
            throw RequestException.BadRequest($"input '{expected.Name}': shape {Text(shape)} needs more elements than the data has, and more than the {allowed} that are allowed");
        if (!shape.Contains(0) && Exceeds(shape, fillable))
            throw RequestException.BadRequest($"input '{expected.Name}': shape {Text(shape)} needs more elements than the data has");
    }

    private static bool Fits(IReadOnlyList<long> expected, ReadOnlySpan<long> shape)
    {
        // The model may leave the shape of an input open; ONNX Runtime shows that as a scalar's.
        if (expected.Count == 0)
            return true;
        if (shape.Length != expected.Count)
            return false;
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            if (expected[dimension] >= 0 && expected[dimension] != shape[dimension])
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether the product of the sizes is above <paramref name="most"/>; it never overflows. Sizes of 0 are left out: beside them
    /// others could be so large that their product overflows in ONNX Runtime.
    /// </summary>
    private static bool Exceeds(ReadOnlySpan<long> shape, long most)
    {
        var elements = 1L;
        foreach (var size in shape)
        {
            if (size > most / elements)
                return true;
            elements *= Math.Max(size, 1);
        }
        return false;
    }

    private static string Text(ReadOnlySpan<long> shape) => $"[{string.Join(',', shape.ToArray())}]";
}
