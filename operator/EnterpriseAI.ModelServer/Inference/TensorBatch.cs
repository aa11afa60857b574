using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>Puts tensors of several requests together along their first dimension, and takes them apart again.</summary>
/// <remarks>Rows are copied both ways, so that no request holds memory in which another's data is.</remarks>
internal static class TensorBatch
{
    /// <param name="parts">Tensors of one type that differ in their first dimension only.</param>
    /// <returns>Their rows one after the other; the caller disposes it.</returns>
    public static OrtTensor Join(ReadOnlySpan<OrtTensor> parts)
    {
        long[] shape = [.. parts[0].Shape];
        shape[0] = 0;
        foreach (var part in parts)
            shape[0] = checked(shape[0] + part.Shape[0]);
        var whole = OrtTensor.Create(parts[0].Type, shape);
        try
        {
            if (whole.Type == TensorElementType.String)
                JoinStrings(parts, whole);
            else
                JoinBytes(parts, whole.Bytes());
            return whole;
        }
        catch
        {
            whole.Dispose();
            throw;
        }
    }

    private static void JoinBytes(ReadOnlySpan<OrtTensor> parts, Span<byte> rest)
    {
        foreach (var part in parts)
        {
            var bytes = part.Bytes();
            bytes.CopyTo(rest);
            rest = rest[bytes.Length..];
        }
    }

    private static void JoinStrings(ReadOnlySpan<OrtTensor> parts, OrtTensor whole)
    {
        var next = 0L;
        foreach (var part in parts)
        {
            var (content, offsets) = part.Strings();
            for (var i = 0; i < part.Count; i++)
                whole.SetString(next++, content.AsSpan((int)offsets[i]..(int)offsets[i + 1]));
        }
    }

    /// <param name="whole">A tensor.</param>
    /// <param name="rows">How many rows each part gets.</param>
    /// <returns>One tensor per part; null when <paramref name="whole"/> does not have as many rows as the parts together.</returns>
    public static OrtTensor[]? Split(OrtTensor whole, ReadOnlySpan<long> rows)
    {
        var sum = 0L;
        foreach (var count in rows)
            sum += count;
        if (whole.Shape.Length == 0 || whole.Shape[0] != sum)
            return null;
        var parts = new OrtTensor[rows.Length];
        try
        {
            long[] shape = [.. whole.Shape];
            for (var i = 0; i < parts.Length; i++)
            {
                shape[0] = rows[i];
                parts[i] = OrtTensor.Create(whole.Type, shape);
            }
            if (whole.Type == TensorElementType.String)
                SplitStrings(whole, parts);
            else
                SplitBytes(whole.Bytes(), parts);
            return parts;
        }
        catch
        {
            foreach (var part in parts)
                part?.Dispose();
            throw;
        }
    }

    private static void SplitBytes(ReadOnlySpan<byte> rest, ReadOnlySpan<OrtTensor> parts)
    {
        foreach (var part in parts)
        {
            var bytes = part.Bytes();
            rest[..bytes.Length].CopyTo(bytes);
            rest = rest[bytes.Length..];
        }
    }

    private static void SplitStrings(OrtTensor whole, ReadOnlySpan<OrtTensor> parts)
    {
        var (content, offsets) = whole.Strings();
        var next = 0;
        foreach (var part in parts)
        {
            for (var i = 0L; i < part.Count; i++, next++)
                part.SetString(i, content.AsSpan((int)offsets[next]..(int)offsets[next + 1]));
        }
    }
}
