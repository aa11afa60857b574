namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>A tensor in ONNX Runtime's own memory, until it is disposed.</summary>
/// <remarks>It has no finalizer: a request of a small model would pay more for those of its tensors than for all else here. Who makes one disposes it.</remarks>
internal sealed unsafe class OrtTensor : IDisposable
{
    private nint _value;
    private void* _data;

    private OrtTensor(nint value, TensorElementType type, long[] shape, long count) => (_value, Type, Shape, Count) = (value, type, shape, count);

    public TensorElementType Type { get; }

    public long[] Shape { get; }

    public long Count { get; }

    /// <summary>The tensor for native code, which must not use it longer than this object lives.</summary>
    internal nint Pointer => _value != 0 ? _value : throw new ObjectDisposedException(nameof(OrtTensor));

    public bool IsDisposed => Volatile.Read(ref _value) == 0;

    /// <summary>Allocates a tensor; its elements are not set, strings are empty.</summary>
    public static OrtTensor Create(TensorElementType type, ReadOnlySpan<long> shape)
    {
        var count = CountOf(shape);
        nint value;
        fixed (long* dimensions = shape)
            OrtApi.Check(OrtApi.CreateTensorAsOrtValue(OrtApi.DefaultAllocator, dimensions, (nuint)shape.Length, (int)type, out value));
        return new OrtTensor(value, type, shape.ToArray(), count);
    }

    /// <summary>Takes over a value that native code made; it is released when this fails.</summary>
    /// <exception cref="OnnxRuntimeException">It is no tensor.</exception>
    public static OrtTensor TakeOver(nint value)
    {
        try
        {
            OrtApi.Check(OrtApi.IsTensor(value, out var isTensor));
            if (isTensor == 0)
                throw new OnnxRuntimeException(OrtErrorCode.NotImplemented, "the value is not a tensor");
            var (type, shape) = OrtApi.HasShapeReference ? ReadDirectly(value) : Describe(value);
            return new OrtTensor(value, type, shape, CountOf(shape));
        }
        catch
        {
            OrtApi.ReleaseValue(value);
            throw;
        }
    }

    private static long CountOf(ReadOnlySpan<long> shape)
    {
        var count = 1L;
        foreach (var dimension in shape)
            count = checked(count * dimension);
        return count;
    }

    /// <summary>The elements, valid while the tensor is. Not for strings.</summary>
    public Span<T> Data<T>() where T : unmanaged
    {
        // A tensor without elements may have no memory.
        if (Count == 0)
            return [];
        return new Span<T>(Address, checked((int)Count));
    }

    /// <summary>The elements' memory as bytes. Not for strings.</summary>
    public Span<byte> Bytes()
    {
        if (Count == 0)
            return [];
        return new Span<byte>(Address, checked((int)(Count * Type.Bytes())));
    }

    private void* Address
    {
        get
        {
            var value = Pointer;
            if (_data is null)
            {
                OrtApi.Check(OrtApi.GetTensorMutableData(value, out var data));
                _data = data;
            }
            return _data;
        }
    }

    public void SetString(long index, ReadOnlySpan<byte> utf8)
    {
        OrtApi.Check(OrtApi.GetResizedStringTensorElementBuffer(Pointer, (nuint)index, (nuint)utf8.Length, out var buffer));
        utf8.CopyTo(new Span<byte>(buffer, utf8.Length));
    }

    /// <summary>The length of all strings together, in bytes.</summary>
    public long StringBytes()
    {
        OrtApi.Check(OrtApi.GetStringTensorDataLength(Pointer, out var length));
        return (long)length;
    }

    /// <summary>Copies all strings into one array; string <c>i</c> reaches from <c>Offsets[i]</c> to <c>Offsets[i + 1]</c>.</summary>
    public (byte[] Content, nuint[] Offsets) Strings()
    {
        OrtApi.Check(OrtApi.GetStringTensorDataLength(Pointer, out var length));
        var content = new byte[checked((int)length)];
        var offsets = new nuint[checked((int)Count + 1)];
        offsets[^1] = length;
        if (Count > 0)
        {
            // The library refuses a null buffer even where every string is empty.
            byte nothing = 0;
            fixed (byte* bytes = content)
            fixed (nuint* starts = offsets)
                OrtApi.Check(OrtApi.GetStringTensorContent(Pointer, bytes is null ? &nothing : bytes, length, starts, (nuint)Count));
        }
        return (content, offsets);
    }

    public void Dispose()
    {
        // A request that is given up and the run that it was in may both let go of it.
        if (Interlocked.Exchange(ref _value, 0) is not 0 and var value)
            OrtApi.ReleaseValue(value);
    }

    private static (TensorElementType Type, long[] Shape) ReadDirectly(nint value)
    {
        OrtApi.Check(OrtApi.GetTensorElementTypeAndShape(value, out var type, out var shape, out var rank));
        return ((TensorElementType)type, new ReadOnlySpan<long>(shape, (int)rank).ToArray());
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
