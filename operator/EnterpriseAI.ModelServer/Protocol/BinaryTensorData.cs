using System.Buffers.Binary;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>The binary tensor data extension: raw little-endian elements after the JSON; <c>BYTES</c> elements have a 4-byte length each.</summary>
internal static class BinaryTensorData
{
    public const string Extension = "binary_tensor_data";

    /// <summary>The length of the JSON part, in bytes, in requests and responses that carry binary data.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    /// <exception cref="RequestException">400: the bytes do not fit the shape.</exception>
    public static void Fill(string name, OrtTensor tensor, ReadOnlySpan<byte> bytes)
    {
        if (tensor.Type == TensorElementType.String)
        {
            FillStrings(name, tensor, bytes);
            return;
        }
        var elements = tensor.Bytes(Datatype.ElementBytes(tensor.Type));
        if (bytes.Length != elements.Length)
            throw RequestException.BadRequest($"input '{name}': shape [{string.Join(',', tensor.Shape)}] needs {elements.Length} bytes, binary_data_size is {bytes.Length}");
        // Any other byte than 0 and 1 in a bool would be undefined behaviour in native code.
        if (tensor.Type == TensorElementType.Bool && bytes.ContainsAnyExcept<byte>(0, 1))
            throw RequestException.BadRequest($"input '{name}': a BOOL must be the byte 0 or 1");
        bytes.CopyTo(elements);
    }

    private static void FillStrings(string name, OrtTensor tensor, ReadOnlySpan<byte> bytes)
    {
        for (var index = 0L; index < tensor.Count; index++)
        {
            if (bytes.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - 4)
                throw RequestException.BadRequest($"input '{name}': the binary data ends within element {index}");
            tensor.SetString(index, bytes.Slice(4, (int)length));
            bytes = bytes[(4 + (int)length)..];
        }
        if (!bytes.IsEmpty)
            throw RequestException.BadRequest($"input '{name}': binary_data_size leaves {bytes.Length} bytes after the last element");
    }

    /// <summary>The elements as they are sent.</summary>
    public static byte[] Of(OrtTensor tensor)
    {
        if (tensor.Type != TensorElementType.String)
            return tensor.Bytes(Datatype.ElementBytes(tensor.Type)).ToArray();
        var (content, offsets) = tensor.Strings();
        var result = new byte[content.Length + 4 * tensor.Count];
        var rest = result.AsSpan();
        for (var index = 0; index < tensor.Count; index++)
        {
            var text = content.AsSpan((int)offsets[index]..(int)offsets[index + 1]);
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)text.Length);
            text.CopyTo(rest[4..]);
            rest = rest[(4 + text.Length)..];
        }
        return result;
    }
}
