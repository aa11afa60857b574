using System.Numerics;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Monitoring;

/// <summary>A tensor's elements as doubles, whatever their type.</summary>
internal static class NumericElements
{
    /// <summary>Calls back with the index and the value of the first <paramref name="most"/> elements. Texts have none.</summary>
    public static void ForEach(OrtTensor tensor, int most, Action<int, double> visit)
    {
        switch (tensor.Type)
        {
            case TensorElementType.Float: Each<float>(tensor, most, visit); break;
            case TensorElementType.Double: Each<double>(tensor, most, visit); break;
            case TensorElementType.Float16: Each<Half>(tensor, most, visit); break;
            case TensorElementType.BFloat16: EachBrainFloat(tensor, most, visit); break;
            case TensorElementType.Int8: Each<sbyte>(tensor, most, visit); break;
            case TensorElementType.Int16: Each<short>(tensor, most, visit); break;
            case TensorElementType.Int32: Each<int>(tensor, most, visit); break;
            case TensorElementType.Int64: Each<long>(tensor, most, visit); break;
            case TensorElementType.UInt8 or TensorElementType.Bool: Each<byte>(tensor, most, visit); break;
            case TensorElementType.UInt16: Each<ushort>(tensor, most, visit); break;
            case TensorElementType.UInt32: Each<uint>(tensor, most, visit); break;
            case TensorElementType.UInt64: Each<ulong>(tensor, most, visit); break;
        }
    }

    private static void Each<T>(OrtTensor tensor, int most, Action<int, double> visit) where T : unmanaged, INumberBase<T>
    {
        var values = tensor.Data<T>();
        for (var index = 0; index < Math.Min(values.Length, most); index++)
            visit(index, double.CreateTruncating(values[index]));
    }

    private static void EachBrainFloat(OrtTensor tensor, int most, Action<int, double> visit)
    {
        var values = tensor.Data<ushort>();
        for (var index = 0; index < Math.Min(values.Length, most); index++)
            visit(index, BrainFloat.ToSingle(values[index]));
    }
}
