using System.Runtime.InteropServices;
using System.Text;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>How a session is created.</summary>
internal sealed unsafe class OrtSessionOptions : SafeHandle
{
    /// <param name="threads">Threads that run one operator together.</param>
    public OrtSessionOptions(int threads) : base(0, ownsHandle: true)
    {
        OrtApi.Check(OrtApi.CreateSessionOptions(out var options));
        SetHandle(options);
        OrtApi.Check(OrtApi.SetIntraOpNumThreads(handle, threads));
        OrtApi.Check(OrtApi.SetInterOpNumThreads(handle, 1));
        // Threads that spin between requests would take the processor from the neighbours on the node.
        Set("session.intra_op.allow_spinning", "0");
        Set("session.load_model_format", "ONNX");
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
    /// <returns>What was added: never <see cref="ExecutionProvider.Auto"/>.</returns>
    /// <exception cref="OnnxRuntimeException">The provider was asked for by name and is not there.</exception>
    public ExecutionProvider Append(ExecutionProvider provider)
    {
        switch (provider)
        {
            case ExecutionProvider.Cuda:
                AppendCuda();
                return provider;
            case ExecutionProvider.TensorRt:
                AppendTensorRt();
                AppendCuda();
                return provider;
            case ExecutionProvider.Auto when HasLibrary("cuda"):
                try
                {
                    AppendCuda();
                    return ExecutionProvider.Cuda;
                }
                catch (OnnxRuntimeException)
                {
                    // The library is there but no device or driver: what Auto means is to go on with the CPU.
                    return ExecutionProvider.Cpu;
                }
            default:
                return ExecutionProvider.Cpu;
        }
    }

    private void AppendCuda()
    {
        RequireLibrary("cuda");
        OrtApi.Check(OrtApi.CreateCudaOptions(out var options));
        try
        {
            OrtApi.Check(OrtApi.AppendCuda(handle, options));
        }
        finally
        {
            OrtApi.ReleaseCudaOptions(options);
        }
    }

    private void AppendTensorRt()
    {
        RequireLibrary("tensorrt");
        OrtApi.Check(OrtApi.CreateTensorRtOptions(out var options));
        try
        {
            OrtApi.Check(OrtApi.AppendTensorRt(handle, options));
        }
        finally
        {
            OrtApi.ReleaseTensorRtOptions(options);
        }
    }

    private static string LibraryOf(string provider) => $"libonnxruntime_providers_{provider}.so";

    private static bool HasLibrary(string provider) => File.Exists(Path.Combine(OrtApi.LibraryFolder, LibraryOf(provider)));

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
