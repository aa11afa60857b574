namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>How many bytes the elements of a type have, by the numbers of ONNX.</summary>
internal static class TensorSizes
{
    public const int Float = 1;
    public const int Int64 = 7;
    public const int String = 8;
    public const int Float16 = 10;
    public const int Double = 11;

    /// <summary>Bits of one element; 0 for strings and for types that are not known here.</summary>
    public static int BitsOf(int type) => type switch
    {
        2 or 3 or 9 or (>= 17 and <= 20) or 24 => 8,
        4 or 5 or Float16 or 16 => 16,
        Float or 6 or 12 => 32,
        Int64 or Double or 13 or 14 => 64,
        15 => 128,
        21 or 22 or 23 => 4,
        25 or 26 => 2,
        _ => 0,
    };

    /// <summary>Bytes of so many elements; null for a type that is not known here, and the largest number when there are more than that.</summary>
    public static long? BytesOf(int type, long elements)
    {
        if (BitsOf(type) is not (> 0 and var bits))
            return null;
        var bytes = ((Int128)elements * bits + 7) / 8;
        return bytes > long.MaxValue ? long.MaxValue : (long)bytes;
    }

    /// <summary>The product of dimensions; the largest number when it is more than that, null when one is negative.</summary>
    public static long? ElementsOf(ReadOnlySpan<long> dimensions)
    {
        Int128 elements = 1;
        foreach (var dimension in dimensions)
        {
            if (dimension < 0)
                return null;
            if (dimension == 0)
                return 0;
            elements = Int128.Min(elements * dimension, long.MaxValue);
        }
        return (long)elements;
    }
}
