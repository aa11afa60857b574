using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>The tensor datatypes of the Open Inference Protocol.</summary>
internal static class Datatype
{
    private static readonly (string Name, TensorElementType Type, int Bytes)[] All =
    [
        ("BOOL", TensorElementType.Bool, 1),
        ("UINT8", TensorElementType.UInt8, 1),
        ("UINT16", TensorElementType.UInt16, 2),
        ("UINT32", TensorElementType.UInt32, 4),
        ("UINT64", TensorElementType.UInt64, 8),
        ("INT8", TensorElementType.Int8, 1),
        ("INT16", TensorElementType.Int16, 2),
        ("INT32", TensorElementType.Int32, 4),
        ("INT64", TensorElementType.Int64, 8),
        ("FP16", TensorElementType.Float16, 2),
        ("BF16", TensorElementType.BFloat16, 2),
        ("FP32", TensorElementType.Float, 4),
        ("FP64", TensorElementType.Double, 8),
        ("BYTES", TensorElementType.String, 0),
    ];

    public static string Of(TensorElementType type) => Array.Find(All, known => known.Type == type).Name;

    /// <summary>Bytes of one element; 0 for <c>BYTES</c>, whose elements differ.</summary>
    public static int ElementBytes(TensorElementType type) => Array.Find(All, known => known.Type == type).Bytes;

    public static bool IsKnown(string name) => Array.Exists(All, known => known.Name == name);

    public static string Names => string.Join(", ", All.Select(static known => known.Name));
}
