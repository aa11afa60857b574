using System.Buffers;
using System.Runtime.InteropServices;
using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>A loaded model. <see cref="Run"/> may be called from several threads at once.</summary>
internal sealed unsafe class OrtSession : SafeHandle
{
    private readonly Dictionary<string, nint> _nativeNames = new(StringComparer.Ordinal);
    private nint _allocator;

    private OrtSession() : base(0, ownsHandle: true)
    {
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The model's inputs, in its order.</summary>
    public IReadOnlyList<TensorDescription> Inputs { get; private set; } = [];

    /// <summary>The model's outputs that are tensors, in its order.</summary>
    public IReadOnlyList<TensorDescription> Outputs { get; private set; } = [];

    /// <summary>Outputs that are no tensors and cannot be served.</summary>
    public IReadOnlyList<string> OtherOutputs { get; private set; } = [];

    public ExecutionProvider Provider { get; private set; }

    /// <summary>Loads a model from memory; nothing is read from disk for it.</summary>
    /// <param name="model">The ONNX file.</param>
    /// <param name="externalFiles">Files of weights that the model refers to, by name.</param>
    /// <param name="provider">What shall run it.</param>
    /// <param name="threads">Threads that run one operator together.</param>
    /// <exception cref="OnnxRuntimeException">The model cannot be loaded.</exception>
    public static OrtSession Create(ReadOnlyMemory<byte> model, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> externalFiles,
        ExecutionProvider provider, int threads)
    {
        var pins = new List<MemoryHandle>();
        var session = new OrtSession();
        try
        {
            using var options = new OrtSessionOptions(threads);
            session.Provider = options.Append(provider);
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
    /// <param name="inputs">Every input by its name.</param>
    /// <param name="outputs">Names of the outputs to compute.</param>
    /// <returns>The outputs in the order asked for; the caller disposes them.</returns>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    public OrtTensor[] Run(IReadOnlyList<InputTensor> inputs, IReadOnlyList<string> outputs)
    {
        var inputNames = new nint[inputs.Count];
        var inputValues = new nint[inputs.Count];
        var outputNames = new nint[outputs.Count];
        var outputValues = new nint[outputs.Count];
        for (var i = 0; i < inputs.Count; i++)
        {
            inputNames[i] = _nativeNames[inputs[i].Name];
            inputValues[i] = inputs[i].Tensor.DangerousGetHandle();
        }
        for (var i = 0; i < outputs.Count; i++)
            outputNames[i] = _nativeNames[outputs[i]];

        fixed (nint* inNames = inputNames, inValues = inputValues, outNames = outputNames, outValues = outputValues)
            OrtApi.Check(OrtApi.Run(handle, 0, (byte**)inNames, inValues, (nuint)inputs.Count, (byte**)outNames, (nuint)outputs.Count, outValues));
        GC.KeepAlive(inputs);

        var tensors = new OrtTensor[outputs.Count];
        for (var i = 0; i < tensors.Length; i++)
            tensors[i] = new OrtTensor(outputValues[i]);
        return tensors;
    }

    private void ReadInterface()
    {
        OrtApi.Check(OrtApi.GetAllocatorWithDefaultOptions(out _allocator));
        OrtApi.Check(OrtApi.SessionGetInputCount(handle, out var inputCount));
        OrtApi.Check(OrtApi.SessionGetOutputCount(handle, out var outputCount));
        var inputs = new List<TensorDescription>();
        for (nuint i = 0; i < inputCount; i++)
        {
            OrtApi.Check(OrtApi.SessionGetInputName(handle, i, _allocator, out var name));
            OrtApi.Check(OrtApi.SessionGetInputTypeInfo(handle, i, out var info));
            var (text, described) = Describe(name, info);
            inputs.Add(described ?? throw new OnnxRuntimeException(OrtErrorCode.NotImplemented,
                $"the input '{text}' is not a tensor of a type that the Open Inference Protocol has"));
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
    }

    /// <summary>Takes over <paramref name="name"/> and <paramref name="info"/>.</summary>
    private (string Name, TensorDescription? Tensor) Describe(byte* name, nint info)
    {
        try
        {
            var text = Marshal.PtrToStringUTF8((nint)name) ?? "";
            // An output may carry an input's name; both native strings are the same then and only one is kept.
            if (!_nativeNames.TryAdd(text, (nint)name))
                OrtApi.Check(OrtApi.AllocatorFree(_allocator, name));
            OrtApi.Check(OrtApi.CastTypeInfoToTensorInfo(info, out var tensor));
            if (tensor == 0)
                return (text, null);
            var (type, shape) = OrtTensor.ReadTypeAndShape(tensor);
            return (text, Enum.IsDefined(type) && type != TensorElementType.Undefined ? new TensorDescription(text, type, shape) : null);
        }
        finally
        {
            OrtApi.ReleaseTypeInfo(info);
        }
    }

    protected override bool ReleaseHandle()
    {
        foreach (var name in _nativeNames.Values)
            _ = OrtApi.AllocatorFree(_allocator, (void*)name);
        OrtApi.ReleaseSession(handle);
        return true;
    }
}
