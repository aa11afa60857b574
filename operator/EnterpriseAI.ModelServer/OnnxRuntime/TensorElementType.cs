namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>Element types of tensors, with the numbers of the C ABI.</summary>
internal enum TensorElementType
{
    Undefined = 0,
    Float = 1,
    UInt8 = 2,
    Int8 = 3,
    UInt16 = 4,
    Int16 = 5,
    Int32 = 6,
    Int64 = 7,
    String = 8,
    Bool = 9,
    Float16 = 10,
    Double = 11,
    UInt32 = 12,
    UInt64 = 13,
    BFloat16 = 16,
}

internal static class TensorElementTypes
{
    private static readonly string[] Others =
    [
        "COMPLEX64", "COMPLEX128", "BF16", "FLOAT8E4M3FN", "FLOAT8E4M3FNUZ", "FLOAT8E5M2", "FLOAT8E5M2FNUZ", "UINT4", "INT4", "FLOAT4E2M1", "UINT2", "INT2",
    ];

    /// <summary>The name in ONNX of a type that no request can have; its number where it is younger than this list.</summary>
    public static string NameOf(TensorElementType type) => (int)type - 14 is >= 0 and var index && index < Others.Length ? Others[index] : $"element type {(int)type}";

    /// <summary>Bytes of one element; 0 for strings, whose elements differ.</summary>
    public static int Bytes(this TensorElementType type) => type switch
    {
        TensorElementType.UInt8 or TensorElementType.Int8 or TensorElementType.Bool => 1,
        TensorElementType.UInt16 or TensorElementType.Int16 or TensorElementType.Float16 or TensorElementType.BFloat16 => 2,
        TensorElementType.Float or TensorElementType.Int32 or TensorElementType.UInt32 => 4,
        TensorElementType.Double or TensorElementType.Int64 or TensorElementType.UInt64 => 8,
        _ => 0,
    };
}
