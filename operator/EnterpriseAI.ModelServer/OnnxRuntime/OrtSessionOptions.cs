using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>How a session is created, in native form.</summary>
internal sealed unsafe class OrtSessionOptions : SafeHandle
{
    private const int Parallel = 1;

    /// <param name="options">Its provider is any but <see cref="ExecutionProvider.Auto"/>.</param>
    /// <exception cref="OnnxRuntimeException">The provider is not there or refuses its options.</exception>
    public OrtSessionOptions(SessionSettings options) : base(0, ownsHandle: true)
    {
        OrtApi.Check(OrtApi.CreateSessionOptions(out var pointer));
        SetHandle(pointer);
        OrtApi.Check(OrtApi.SetIntraOpNumThreads(handle, options.IntraOpThreads));
        OrtApi.Check(OrtApi.SetInterOpNumThreads(handle, options.InterOpThreads));
        if (options.InterOpThreads > 1)
            OrtApi.Check(OrtApi.SetSessionExecutionMode(handle, Parallel));
        if (!options.MemoryArena)
            OrtApi.Check(OrtApi.DisableCpuMemArena(handle));
        if (!options.MemoryPattern)
            OrtApi.Check(OrtApi.DisableMemPattern(handle));
        var spinning = options.AllowSpinning ? "1" : "0";
        Set("session.intra_op.allow_spinning", spinning);
        Set("session.inter_op.allow_spinning", spinning);
        Set("session.load_model_format", "ONNX");
        AppendProvider(options);
    }

    public override bool IsInvalid => handle == 0;

    internal nint Pointer => handle;

    private void Set(string key, string value)
    {
        fixed (byte* keyBytes = Encoding.UTF8.GetBytes(key + "\0"))
        fixed (byte* valueBytes = Encoding.UTF8.GetBytes(value + "\0"))
            OrtApi.Check(OrtApi.AddSessionConfigEntry(handle, keyBytes, valueBytes));
    }

    /// <summary>Adds the provider; the CPU always stands last.</summary>
    private void AppendProvider(SessionSettings options)
    {
        List<KeyValuePair<string, string>> device = [new("device_id", options.DeviceId.ToString(CultureInfo.InvariantCulture))];
        List<KeyValuePair<string, string>> cuda = [.. device];
        if (options.DeviceMemoryLimit > 0)
            cuda.Add(new("gpu_mem_limit", options.DeviceMemoryLimit.ToString(CultureInfo.InvariantCulture)));
        try
        {
            switch (options.Provider)
            {
                case ExecutionProvider.Cuda:
                    AppendCuda([.. cuda, .. options.ProviderOptions]);
                    break;
                case ExecutionProvider.TensorRt:
                    AppendTensorRt([.. device, .. options.ProviderOptions]);
                    AppendCuda(cuda);
                    break;
            }
        }
        catch (OnnxRuntimeException e)
        {
            throw new OnnxRuntimeException(OrtErrorCode.ExecutionProviderFailed, e.Message);
        }
    }

    private void AppendCuda(List<KeyValuePair<string, string>> options)
    {
        RequireLibrary("cuda");
        OrtApi.Check(OrtApi.CreateCudaOptions(out var provider));
        try
        {
            Update(options, (keys, values, count) => OrtApi.UpdateCudaOptions(provider, keys, values, count));
            OrtApi.Check(OrtApi.AppendCuda(handle, provider));
        }
        finally
        {
            OrtApi.ReleaseCudaOptions(provider);
        }
    }

    private void AppendTensorRt(List<KeyValuePair<string, string>> options)
    {
        RequireLibrary("tensorrt");
        OrtApi.Check(OrtApi.CreateTensorRtOptions(out var provider));
        try
        {
            Update(options, (keys, values, count) => OrtApi.UpdateTensorRtOptions(provider, keys, values, count));
            OrtApi.Check(OrtApi.AppendTensorRt(handle, provider));
        }
        finally
        {
            OrtApi.ReleaseTensorRtOptions(provider);
        }
    }

    private delegate nint Updater(byte** keys, byte** values, nuint count);

    private static void Update(List<KeyValuePair<string, string>> options, Updater update)
    {
        var keys = new nint[options.Count];
        var values = new nint[options.Count];
        try
        {
            for (var i = 0; i < keys.Length; i++)
            {
                keys[i] = Marshal.StringToCoTaskMemUTF8(options[i].Key);
                values[i] = Marshal.StringToCoTaskMemUTF8(options[i].Value);
            }
            fixed (nint* keyPointers = keys, valuePointers = values)
                OrtApi.Check(update((byte**)keyPointers, (byte**)valuePointers, (nuint)keys.Length));
        }
        finally
        {
            Array.ForEach(keys, Marshal.FreeCoTaskMem);
            Array.ForEach(values, Marshal.FreeCoTaskMem);
        }
    }

    private static string LibraryOf(string provider) => $"libonnxruntime_providers_{provider}.so";

    /// <summary>Whether the provider's library lies beside ONNX Runtime's.</summary>
    public static bool HasLibrary(string provider) => File.Exists(Path.Combine(OrtApi.LibraryFolder, LibraryOf(provider)));

    private static void RequireLibrary(string provider)
    {
        if (!HasLibrary(provider))
            throw new OnnxRuntimeException(OrtErrorCode.ExecutionProviderFailed, $"there is no {LibraryOf(provider)} in '{OrtApi.LibraryFolder}'");
    }

    /// <summary>Gives the weights that the model keeps in files of their own, so that none is read from disk.</summary>
    /// <param name="files">Bytes by the name that the model uses; they must stay pinned until the session is created.</param>
    public void AddExternalFiles(IReadOnlyCollection<(string Name, nint Address, int Bytes)> files)
    {
        if (files.Count == 0)
            return;
        var names = new List<nint>(files.Count);
        try
        {
            foreach (var (name, _, _) in files)
                names.Add(Marshal.StringToCoTaskMemUTF8(name));
            fixed (nint* namePointers = names.ToArray())
            fixed (nint* addresses = files.Select(static file => file.Address).ToArray())
            fixed (nuint* lengths = files.Select(static file => (nuint)file.Bytes).ToArray())
                OrtApi.Check(OrtApi.AddExternalInitializersFromFilesInMemory(handle, (byte**)namePointers, (byte**)addresses, lengths, (nuint)files.Count));
        }
        finally
        {
            names.ForEach(Marshal.FreeCoTaskMem);
        }
    }

    protected override bool ReleaseHandle()
    {
        OrtApi.ReleaseSessionOptions(handle);
        return true;
    }
}
