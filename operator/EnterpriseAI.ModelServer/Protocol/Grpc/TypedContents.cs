using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Protocol.Grpc.Messages;
using Google.Protobuf;
using Google.Protobuf.Collections;

namespace EnterpriseAI.ModelServer.Protocol.Grpc;

/// <summary>Tensors as typed contents.</summary>
internal static class TypedContents
{
    /// <summary>Whether the protocol has typed contents for a datatype. The 16-bit floating-point ones are raw only.</summary>
    public static bool Has(TensorElementType type) => type is TensorElementType.Bool or TensorElementType.String
        or TensorElementType.Int8 or TensorElementType.Int16 or TensorElementType.Int32 or TensorElementType.Int64
        or TensorElementType.UInt8 or TensorElementType.UInt16 or TensorElementType.UInt32 or TensorElementType.UInt64
        or TensorElementType.Float or TensorElementType.Double;

    public static InferTensorContents Of(OrtTensor tensor)
    {
        var contents = new InferTensorContents();
        switch (tensor.Type)
        {
            case TensorElementType.Bool: Add<bool, bool>(contents.BoolContents, static value => value); break;
            case TensorElementType.Int8: Add<sbyte, int>(contents.IntContents, static value => value); break;
            case TensorElementType.Int16: Add<short, int>(contents.IntContents, static value => value); break;
            case TensorElementType.Int32: Add<int, int>(contents.IntContents, static value => value); break;
            case TensorElementType.Int64: Add<long, long>(contents.Int64Contents, static value => value); break;
            case TensorElementType.UInt8: Add<byte, uint>(contents.UintContents, static value => value); break;
            case TensorElementType.UInt16: Add<ushort, uint>(contents.UintContents, static value => value); break;
            case TensorElementType.UInt32: Add<uint, uint>(contents.UintContents, static value => value); break;
            case TensorElementType.UInt64: Add<ulong, ulong>(contents.Uint64Contents, static value => value); break;
            case TensorElementType.Float: Add<float, float>(contents.Fp32Contents, static value => value); break;
            case TensorElementType.Double: Add<double, double>(contents.Fp64Contents, static value => value); break;
            default: AddStrings(contents.BytesContents, tensor); break;
        }
        return contents;

        void Add<T, TField>(RepeatedField<TField> field, Func<T, TField> convert) where T : unmanaged
        {
            var elements = tensor.Data<T>();
            field.Capacity = elements.Length;
            foreach (var element in elements)
                field.Add(convert(element));
        }
    }

    private static void AddStrings(RepeatedField<ByteString> field, OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        field.Capacity = checked((int)tensor.Count);
        for (var index = 0; index < tensor.Count; index++)
            field.Add(UnsafeByteOperations.UnsafeWrap(content.AsMemory((int)offsets[index]..(int)offsets[index + 1])));
    }
}
