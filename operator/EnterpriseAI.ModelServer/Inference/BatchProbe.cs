using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Tries whether a model answers each row of a batch as it answers that row alone.</summary>
/// <remarks>
/// Shapes cannot tell: a model may normalize over the batch, or scale its integers by the largest value in it, and then a
/// request's answer would depend on who shares its batch. So the two requests that are put together here differ in size
/// and by two orders of magnitude.
/// </remarks>
internal static class BatchProbe
{
    private const float Small = 1, Large = 100;

    // A batch takes other paths through the same arithmetic, which rounds otherwise.
    private const double Tolerance = 1e-3, HalfTolerance = 2e-2;

    /// <returns>How the answers differ; null when they do not.</returns>
    /// <exception cref="OnnxRuntimeException">The model cannot run on what is tried.</exception>
    public static string? DifferenceOf(OrtSession session)
    {
        var tensors = new List<OrtTensor>();
        try
        {
            var random = new Random(1);
            long[] rows = [1, 2];
            OrtTensor[] one = [.. session.Inputs.Select(input => Keep(Example(input, rows[0], Small, random)))];
            OrtTensor[] two = [.. session.Inputs.Select(input => Keep(Example(input, rows[1], Large, random)))];
            OrtTensor[] both = [.. one.Select((tensor, i) => Keep(TensorBatch.Join([tensor, two[i]])))];
            int[] outputs = [.. Enumerable.Range(0, session.Outputs.Count)];
            OrtTensor[][] alone = [Run(one), Run(two)];
            var joined = Run(both);
            for (var o = 0; o < outputs.Length; o++)
            {
                var name = session.Outputs[o].Name;
                if (TensorBatch.Split(joined[o], rows) is not { } parts)
                    return $"output '{name}' has the shape [{string.Join(',', joined[o].Shape)}] for {rows.Sum()} rows of input";
                tensors.AddRange(parts);
                for (var i = 0; i < parts.Length; i++)
                {
                    if (!AreAlike(alone[i][o], parts[i]))
                        return $"output '{name}' of a request depends on what else is in its batch";
                }
            }
            return null;

            OrtTensor[] Run(OrtTensor[] inputs)
            {
                var results = session.Run(inputs, outputs);
                tensors.AddRange(results);
                return results;
            }
        }
        finally
        {
            tensors.ForEach(static tensor => tensor.Dispose());
        }

        OrtTensor Keep(OrtTensor tensor)
        {
            tensors.Add(tensor);
            return tensor;
        }
    }

    private static OrtTensor Example(TensorDescription input, long rows, float scale, Random random)
    {
        var tensor = OrtTensor.Create(input.Type, [rows, .. input.Shape.Skip(1).Select(static dimension => dimension < 0 ? 1 : dimension)]);
        switch (input.Type)
        {
            case TensorElementType.String:
                for (var i = 0L; i < tensor.Count; i++)
                    tensor.SetString(i, random.Next(2) == 0 ? "a"u8 : "b"u8);
                break;
            case TensorElementType.Float:
                Fill(tensor.Data<float>(), () => Number());
                break;
            case TensorElementType.Double:
                Fill(tensor.Data<double>(), () => Number());
                break;
            case TensorElementType.Float16:
                Fill(tensor.Data<Half>(), () => (Half)Number());
                break;
            case TensorElementType.BFloat16:
                Fill(tensor.Data<ushort>(), () => BrainFloat.Of(Number()));
                break;
            default:
                // Numbers of classes, of tokens, flags: 0 and 1 are most likely to exist.
                tensor.Bytes().Clear();
                for (var i = 0; i < tensor.Count; i++)
                    tensor.Bytes()[i * input.Type.Bytes()] = (byte)random.Next(2);
                break;
        }
        return tensor;

        float Number() => scale * (2 * random.NextSingle() - 1);
    }

    private static void Fill<T>(Span<T> elements, Func<T> next)
    {
        foreach (ref var element in elements)
            element = next();
    }

    private static bool AreAlike(OrtTensor one, OrtTensor other)
    {
        if (!one.Shape.AsSpan().SequenceEqual(other.Shape))
            return false;
        return one.Type switch
        {
            TensorElementType.String => AreAlike(one.Strings(), other.Strings()),
            TensorElementType.Float => AreAlike<float>(one, other, Tolerance, static value => value),
            TensorElementType.Double => AreAlike<double>(one, other, Tolerance, static value => value),
            TensorElementType.Float16 => AreAlike<Half>(one, other, HalfTolerance, static value => (double)value),
            TensorElementType.BFloat16 => AreAlike<ushort>(one, other, HalfTolerance, static value => BrainFloat.ToSingle(value)),
            _ => one.Bytes().SequenceEqual(other.Bytes()),
        };
    }

    private static bool AreAlike((byte[] Content, nuint[] Offsets) one, (byte[] Content, nuint[] Offsets) other) =>
        one.Content.AsSpan().SequenceEqual(other.Content) && one.Offsets.AsSpan().SequenceEqual(other.Offsets);

    private static bool AreAlike<T>(OrtTensor one, OrtTensor other, double tolerance, Func<T, double> valueOf) where T : unmanaged
    {
        var left = one.Data<T>();
        var right = other.Data<T>();
        var largest = 0.0;
        foreach (var element in left)
            largest = Math.Max(largest, double.IsFinite(valueOf(element)) ? Math.Abs(valueOf(element)) : 0);
        for (var i = 0; i < left.Length; i++)
        {
            var (a, b) = (valueOf(left[i]), valueOf(right[i]));
            if (!a.Equals(b) && !(Math.Abs(a - b) <= tolerance * largest))
                return false;
        }
        return true;
    }
}
