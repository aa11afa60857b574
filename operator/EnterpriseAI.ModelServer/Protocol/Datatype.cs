using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>The tensor datatypes of the Open Inference Protocol.</summary>
internal static class Datatype
{
    private static readonly (string Name, TensorElementType Type)[] All =
    [
        ("BOOL", TensorElementType.Bool),
        ("UINT8", TensorElementType.UInt8),
        ("UINT16", TensorElementType.UInt16),
        ("UINT32", TensorElementType.UInt32),
        ("UINT64", TensorElementType.UInt64),
        ("INT8", TensorElementType.Int8),
        ("INT16", TensorElementType.Int16),
        ("INT32", TensorElementType.Int32),
        ("INT64", TensorElementType.Int64),
        ("FP16", TensorElementType.Float16),
        ("BF16", TensorElementType.BFloat16),
        ("FP32", TensorElementType.Float),
        ("FP64", TensorElementType.Double),
        ("BYTES", TensorElementType.String),
    ];

    private static readonly byte[][] Utf8Names = [.. All.Select(static known => Encoding.UTF8.GetBytes(known.Name))];

    /// <summary>The type that a JSON string names; <see cref="TensorElementType.Undefined"/> if none.</summary>
    public static TensorElementType Parse(ref Utf8JsonReader reader)
    {
        for (var index = 0; index < Utf8Names.Length; index++)
        {
            if (reader.ValueTextEquals(Utf8Names[index]))
                return All[index].Type;
        }
        return TensorElementType.Undefined;
    }

    public static bool IsKnown(string name) => Array.Exists(All, known => known.Name == name);

    public static string Of(TensorElementType type) => Array.Find(All, known => known.Type == type).Name;

    public static string Names => string.Join(", ", All.Select(static known => known.Name));
}
