using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>The binary tensor data extension: raw little-endian elements after the JSON; <c>BYTES</c> elements have a 4-byte length each.</summary>
internal static class BinaryTensorData
{
    public const string Extension = "binary_tensor_data";

    /// <summary>The length of the JSON part, in bytes, in requests and responses that carry binary data.</summary>
    public const string LengthHeader = "Inference-Header-Content-Length";

    private const int LengthPrefixBytes = 4;
    private const int ChunkBytes = 256 << 10;

    /// <exception cref="RequestException">400: the bytes do not fit the shape.</exception>
    public static void Fill(string name, OrtTensor tensor, ReadOnlySpan<byte> bytes)
    {
        if (tensor.Type == TensorElementType.String)
        {
            FillStrings(name, tensor, bytes);
            return;
        }
        var elements = tensor.Bytes();
        if (bytes.Length != elements.Length)
            throw RequestException.BadRequest($"input '{name}': shape [{string.Join(',', tensor.Shape)}] needs {elements.Length} bytes of binary data, there are {bytes.Length}");
        // Any other byte than 0 and 1 in a bool would be undefined behaviour in native code.
        if (tensor.Type == TensorElementType.Bool && bytes.ContainsAnyExcept<byte>(0, 1))
            throw RequestException.BadRequest($"input '{name}': a BOOL must be the byte 0 or 1");
        bytes.CopyTo(elements);
    }

    private static void FillStrings(string name, OrtTensor tensor, ReadOnlySpan<byte> bytes)
    {
        for (var index = 0L; index < tensor.Count; index++)
        {
            if (bytes.Length < LengthPrefixBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is var length && length > bytes.Length - LengthPrefixBytes)
                throw RequestException.BadRequest($"input '{name}': the binary data ends within element {index}");
            tensor.SetString(index, bytes.Slice(LengthPrefixBytes, (int)length));
            bytes = bytes[(LengthPrefixBytes + (int)length)..];
        }
        if (!bytes.IsEmpty)
            throw RequestException.BadRequest($"input '{name}': the binary data has {bytes.Length} bytes after the last element");
    }

    /// <summary>How many bytes the elements are when they are sent.</summary>
    public static long BytesOf(OrtTensor tensor) => tensor.Type == TensorElementType.String
        ? tensor.StringBytes() + LengthPrefixBytes * tensor.Count
        : tensor.Count * tensor.Type.Bytes();

    /// <summary>Sends the elements, from the tensor's own memory where they lie there as they are sent.</summary>
    public static async ValueTask WriteAsync(PipeWriter body, OrtTensor tensor, CancellationToken cancellationToken)
    {
        if (tensor.Type == TensorElementType.String)
        {
            WriteStrings(body, tensor);
            return;
        }
        var bytes = BytesOf(tensor);
        for (long sent = 0; sent < bytes; sent += ChunkBytes)
        {
            var chunk = (int)Math.Min(ChunkBytes, bytes - sent);
            body.Write(tensor.Bytes().Slice((int)sent, chunk));
            // A client that reads slowly must not make the server hold the whole tensor a second time.
            if (sent + chunk < bytes)
                await body.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private static void WriteStrings(PipeWriter body, OrtTensor tensor)
    {
        var (content, offsets) = tensor.Strings();
        for (var index = 0; index < tensor.Count; index++)
        {
            var text = content.AsSpan((int)offsets[index]..(int)offsets[index + 1]);
            BinaryPrimitives.WriteUInt32LittleEndian(body.GetSpan(LengthPrefixBytes), (uint)text.Length);
            body.Advance(LengthPrefixBytes);
            body.Write(text);
        }
    }
}
