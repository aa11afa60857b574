using System.Buffers;
using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>A loaded model. <see cref="Run"/> may be called from several threads at once.</summary>
internal sealed unsafe class OrtSession : SafeHandle
{
    private const int ArenaAllocator = 1, DefaultMemory = 0;

    private const string NvidiaDevice = "/dev/nvidiactl";

    private readonly Dictionary<string, nint> _nativeNames = new(StringComparer.Ordinal);
    private nint _allocator;
    private bool _hasArena;
    private nint[] _inputNames = [];
    private nint[] _outputNames = [];

    private OrtSession() : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The model's inputs, in its order.</summary>
    public IReadOnlyList<TensorDescription> Inputs { get; private set; } = [];

    /// <summary>The model's outputs that are tensors, in its order.</summary>
    public IReadOnlyList<TensorDescription> Outputs { get; private set; } = [];

    /// <summary>Outputs that cannot be served, each with what it is.</summary>
    public IReadOnlyList<string> OtherOutputs { get; private set; } = [];

    /// <summary>What runs the model: never <see cref="ExecutionProvider.Auto"/>.</summary>
    public ExecutionProvider Provider { get; private set; }

    /// <summary>Why <see cref="ExecutionProvider.Auto"/> did not become the GPU that is there; null when it did, or there is none.</summary>
    public string? Fallback { get; private set; }

    /// <summary>Loads a model from memory; nothing is read from disk for it.</summary>
    /// <param name="model">The ONNX file.</param>
    /// <param name="externalFiles">Files of weights that the model refers to, by name.</param>
    /// <param name="options">How it shall run.</param>
    /// <exception cref="OnnxRuntimeException">The model cannot be loaded, or the provider that was asked for by name is not there.</exception>
    public static OrtSession Create(ReadOnlyMemory<byte> model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> externalFiles,
        SessionSettings options)
    {
        if (options.Provider != ExecutionProvider.Auto)
            return CreateOn(model, externalFiles, options);
        string? fallback = null;
        if (OrtSessionOptions.HasLibrary("cuda"))
        {
            try
            {
                return CreateOn(model, externalFiles, options with { Provider = ExecutionProvider.Cuda });
            }
            catch (OnnxRuntimeException e)
            {
                // Without a driver or a device the library is there in vain: what Auto means is to go on with the CPU.
                fallback = e.Message;
            }
        }
        else if (File.Exists(NvidiaDevice))
        {
            fallback = $"'{OrtApi.LibraryFolder}' has no CUDA provider";
        }
        var session = CreateOn(model, externalFiles, options with { Provider = ExecutionProvider.Cpu });
        session.Fallback = fallback;
        return session;
    }

    private static OrtSession CreateOn(ReadOnlyMemory<byte> model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> externalFiles, SessionSettings settings)
    {
        var pins = new List<MemoryHandle>();
        var session = new OrtSession();
        try
        {
            using var options = new OrtSessionOptions(settings);
            session.Provider = settings.Provider;
            session._hasArena = settings.MemoryArena;
            var files = new List<(string, nint, int)>();
            foreach (var (name, bytes) in externalFiles)
            {
                if (bytes.IsEmpty)
                    continue;
                pins.Add(bytes.Pin());
                files.Add((name, (nint)pins[^1].Pointer, bytes.Length));
            }
            options.AddExternalFiles(files);
            pins.Add(model.Pin());
            OrtApi.Check(OrtApi.CreateSessionFromArray(OrtApi.Environment, pins[^1].Pointer, (nuint)model.Length, options.Pointer, out var pointer));
            session.SetHandle(pointer);
            session.ReadInterface();
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
        finally
        {
            pins.ForEach(static pin => pin.Dispose());
        }
    }

    /// <summary>Runs the model.</summary>
    /// <param name="inputs">One tensor per input, in the order of <see cref="Inputs"/> and of their types; alive until this returns.</param>
    /// <param name="outputs">Which of <see cref="Outputs"/> to compute, by position.</param>
    /// <param name="options">Through which another thread may end the run early.</param>
    /// <returns>The outputs in the order asked for; the caller disposes them.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public OrtTensor[] Run(ReadOnlySpan<OrtTensor> inputs, ReadOnlySpan<int> outputs, OrtRunOptions? options = null)
    {
        // Native code would read past the arrays.
        ArgumentOutOfRangeException.ThrowIfNotEqual(inputs.Length, _inputNames.Length);
        var count = inputs.Length + 2 * outputs.Length;
        var values = count <= 32 ? stackalloc nint[count] : new nint[count];
        values.Clear();
        var inputValues = values[..inputs.Length];
        var outputNames = values.Slice(inputs.Length, outputs.Length);
        var outputValues = values[(inputs.Length + outputs.Length)..];
        for (var i = 0; i < inputs.Length; i++)
            inputValues[i] = inputs[i].Pointer;
        for (var i = 0; i < outputs.Length; i++)
            outputNames[i] = _outputNames[outputs[i]];

        var held = false;
        try
        {
            // A session that is disposed meanwhile lives until the run ends.
            DangerousAddRef(ref held);
            fixed (nint* inNames = _inputNames, inValues = inputValues, outNames = outputNames, outValues = outputValues)
            {
                OrtApi.Check(OrtApi.Run(handle, options?.Pointer ?? 0, (byte**)inNames, inValues, (nuint)inputs.Length,
                    (byte**)outNames, (nuint)outputs.Length, outValues));
            }
        }
        finally
        {
            if (held)
                DangerousRelease();
            GC.KeepAlive(options);
        }
        return TensorsOf(outputValues);
    }

    private static OrtTensor[] TensorsOf(Span<nint> values)
    {
        var tensors = new OrtTensor[values.Length];
        var made = 0;
        try
        {
            for (; made < tensors.Length; made++)
                tensors[made] = OrtTensor.TakeOver(values[made]);
            return tensors;
        }
        catch
        {
            foreach (var tensor in tensors.AsSpan(0, made))
                tensor.Dispose();
            foreach (var value in values[Math.Min(made + 1, values.Length)..])
                OrtApi.ReleaseValue(value);
            throw;
        }
    }

    /// <summary>The bytes that the session's arena holds for weights and runs; null where there is none, or the library does not count them.</summary>
    public long? MemoryBytes => ArenaStatistic("TotalAllocated\0"u8);

    /// <summary>The bytes of the session's arena that were in use at the same time; null where that is not known.</summary>
    public long? MostUsedBytes => ArenaStatistic("MaxInUse\0"u8);

    private long? ArenaStatistic(ReadOnlySpan<byte> name)
    {
        var held = false;
        try
        {
            DangerousAddRef(ref held);
            return _hasArena && OrtApi.HasAllocatorStatistics ? ReadArenaStatistic(name) : null;
        }
        // It was disposed while somebody read its metrics.
        catch (ObjectDisposedException)
        {
            return null;
        }
        finally
        {
            if (held)
                DangerousRelease();
        }
    }

    private long? ReadArenaStatistic(ReadOnlySpan<byte> name)
    {
        nint info = 0, arena = 0, statistics = 0;
        try
        {
            OrtApi.Check(OrtApi.CreateCpuMemoryInfo(ArenaAllocator, DefaultMemory, out info));
            OrtApi.Check(OrtApi.CreateAllocator(handle, info, out arena));
            OrtApi.Check(OrtApi.AllocatorGetStats(arena, out statistics));
            fixed (byte* key = name)
                return long.TryParse(Marshal.PtrToStringUTF8((nint)OrtApi.GetKeyValue(statistics, key)), out var bytes) ? bytes : null;
        }
        finally
        {
            if (statistics != 0)
                OrtApi.ReleaseKeyValuePairs(statistics);
            if (arena != 0)
                OrtApi.ReleaseAllocator(arena);
            if (info != 0)
                OrtApi.ReleaseMemoryInfo(info);
        }
    }

    private void ReadInterface()
    {
        _allocator = OrtApi.DefaultAllocator;
        OrtApi.Check(OrtApi.SessionGetInputCount(handle, out var inputCount));
        OrtApi.Check(OrtApi.SessionGetOutputCount(handle, out var outputCount));
        var inputs = new List<TensorDescription>();
        for (nuint i = 0; i < inputCount; i++)
        {
            OrtApi.Check(OrtApi.SessionGetInputName(handle, i, _allocator, out var name));
            OrtApi.Check(OrtApi.SessionGetInputTypeInfo(handle, i, out var info));
            var (text, described) = Describe(name, info);
            inputs.Add(described ?? throw new OnnxRuntimeException(OrtErrorCode.NotImplemented,
                $"the input {text}: the Open Inference Protocol has no such type"));
        }
        var outputs = new List<TensorDescription>();
        var others = new List<string>();
        for (nuint i = 0; i < outputCount; i++)
        {
            OrtApi.Check(OrtApi.SessionGetOutputName(handle, i, _allocator, out var name));
            OrtApi.Check(OrtApi.SessionGetOutputTypeInfo(handle, i, out var info));
            var (text, described) = Describe(name, info);
            if (described is not null)
                outputs.Add(described);
            else
                others.Add(text);
        }
        (Inputs, Outputs, OtherOutputs) = (inputs, outputs, others);
        _inputNames = [.. inputs.Select(input => _nativeNames[input.Name])];
        _outputNames = [.. outputs.Select(output => _nativeNames[output.Name])];
    }

    /// <summary>Takes over <paramref name="name"/> and <paramref name="info"/>.</summary>
    /// <returns>The description, or in words what else it is.</returns>
    private (string Text, TensorDescription? Tensor) Describe(byte* name, nint info)
    {
        try
        {
            var text = Marshal.PtrToStringUTF8((nint)name) ?? "";
            // An output may carry an input's name; both native strings are the same then and only one is kept.
            if (!_nativeNames.TryAdd(text, (nint)name))
                OrtApi.Check(OrtApi.AllocatorFree(_allocator, name));
            OrtApi.Check(OrtApi.CastTypeInfoToTensorInfo(info, out var tensor));
            if (tensor == 0)
                return ($"'{text}' is not a tensor", null);
            var (type, shape) = OrtTensor.ReadTypeAndShape(tensor);
            return Enum.IsDefined(type) && type != TensorElementType.Undefined
                ? (text, new TensorDescription(text, type, shape) { FirstDimension = NameOfFirst(tensor, shape.Length) })
                : ($"'{text}' is a tensor of {TensorElementTypes.NameOf(type)}", null);
        }
        finally
        {
            OrtApi.ReleaseTypeInfo(info);
        }
    }

    private static string? NameOfFirst(nint tensor, int rank)
    {
        if (rank == 0)
            return null;
        var names = new nint[rank];
        fixed (nint* pointers = names)
            OrtApi.Check(OrtApi.GetSymbolicDimensions(tensor, (byte**)pointers, (nuint)rank));
        return Marshal.PtrToStringUTF8(names[0]) is { Length: > 0 } name ? name : null;
    }

    protected override bool ReleaseHandle()
    {
        foreach (var name in _nativeNames.Values)
            _ = OrtApi.AllocatorFree(_allocator, (void*)name);
        OrtApi.ReleaseSession(handle);
        return true;
    }
}
