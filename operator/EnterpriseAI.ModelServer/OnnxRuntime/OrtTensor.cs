using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>A tensor in ONNX Runtime's own memory.</summary>
internal sealed unsafe class OrtTensor : SafeHandle
{
    public OrtTensor(nint value) : base(0, ownsHandle: true)
    {
        SetHandle(value);
        OrtApi.Check(OrtApi.IsTensor(value, out var isTensor));
        if (isTensor == 0)
            throw new OnnxRuntimeException(OrtErrorCode.NotImplemented, "the value is not a tensor");
        (Type, Shape) = Describe(value);
        Count = 1;
        foreach (var dimension in Shape)
            Count = checked(Count * dimension);
    }

    public TensorElementType Type { get; }

    public long[] Shape { get; }

    public long Count { get; }

    public override bool IsInvalid => handle == 0;

    /// <summary>Allocates a tensor; its elements are not set, strings are empty.</summary>
    public static OrtTensor Create(TensorElementType type, ReadOnlySpan<long> shape)
    {
        OrtApi.Check(OrtApi.GetAllocatorWithDefaultOptions(out var allocator));
        fixed (long* dimensions = shape)
        {
            OrtApi.Check(OrtApi.CreateTensorAsOrtValue(allocator, dimensions, (nuint)shape.Length, (int)type, out var value));
            return new OrtTensor(value);
        }
    }

    /// <summary>The elements, valid while the tensor is. Not for strings.</summary>
    public Span<T> Data<T>() where T : unmanaged
    {
        // A tensor without elements may have no memory.
        if (Count == 0)
            return [];
        OrtApi.Check(OrtApi.GetTensorMutableData(handle, out var data));
        return new Span<T>(data, checked((int)Count));
    }

    /// <summary>The elements' memory as bytes. Not for strings.</summary>
    public Span<byte> Bytes()
    {
        if (Count == 0)
            return [];
        OrtApi.Check(OrtApi.GetTensorMutableData(handle, out var data));
        return new Span<byte>(data, checked((int)(Count * Type.Bytes())));
    }

    public void SetString(long index, ReadOnlySpan<byte> utf8)
    {
        OrtApi.Check(OrtApi.GetResizedStringTensorElementBuffer(handle, (nuint)index, (nuint)utf8.Length, out var buffer));
        utf8.CopyTo(new Span<byte>(buffer, utf8.Length));
    }

    /// <summary>The length of all strings together, in bytes.</summary>
    public long StringBytes()
    {
        OrtApi.Check(OrtApi.GetStringTensorDataLength(handle, out var length));
        return (long)length;
    }

    /// <summary>Copies all strings into one array; string <c>i</c> reaches from <c>Offsets[i]</c> to <c>Offsets[i + 1]</c>.</summary>
    public (byte[] Content, nuint[] Offsets) Strings()
    {
        OrtApi.Check(OrtApi.GetStringTensorDataLength(handle, out var length));
        var content = new byte[checked((int)length)];
        var offsets = new nuint[checked((int)Count + 1)];
        offsets[^1] = length;
        if (Count > 0)
        {
            // The library refuses a null buffer even where every string is empty.
            byte nothing = 0;
            fixed (byte* bytes = content)
            fixed (nuint* starts = offsets)
                OrtApi.Check(OrtApi.GetStringTensorContent(handle, bytes is null ? &nothing : bytes, length, starts, (nuint)Count));
        }
        return (content, offsets);
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseValue(handle);
        return true;
    }

    private static (TensorElementType Type, long[] Shape) Describe(nint value)
    {
        OrtApi.Check(OrtApi.GetTensorTypeAndShape(value, out var info));
        try
        {
            return ReadTypeAndShape(info);
        }
        finally
        {
            OrtApi.ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    internal static (TensorElementType Type, long[] Shape) ReadTypeAndShape(nint info)
    {
        OrtApi.Check(OrtApi.GetTensorElementType(info, out var type));
        OrtApi.Check(OrtApi.GetDimensionsCount(info, out var rank));
        var shape = new long[(int)rank];
        fixed (long* dimensions = shape)
            OrtApi.Check(OrtApi.GetDimensions(info, dimensions, rank));
        return ((TensorElementType)type, shape);
    }
}
