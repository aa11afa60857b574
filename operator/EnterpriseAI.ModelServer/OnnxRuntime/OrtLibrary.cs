using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>The loaded native library with its function table and its one environment.</summary>
internal sealed unsafe class OrtLibrary
{
    public const string FileName = "libonnxruntime.so.1";

    // Only fatal messages go to standard error: every failure is reported through its status anyway.
    private const int FatalLogging = 4;

    private OrtLibrary(string folder, string version, nint* table, nint environment)
    {
        Folder = folder;
        Version = version;
        Table = table;
        Environment = environment;
    }

    public string Folder { get; }

    public string Version { get; }

    public nint* Table { get; }

    public nint Environment { get; }

    /// <exception cref="OnnxRuntimeException">The library is not found, not loadable or too old.</exception>
    public static OrtLibrary Load(uint apiVersion)
    {
        var file = Candidates().FirstOrDefault(File.Exists) ?? throw new OnnxRuntimeException(OrtErrorCode.NoSuchFile,
            $"{FileName} was not found: set ENTERPRISEAI_NATIVE to its folder, or run build/native/fetch");
        if (!NativeLibrary.TryLoad(file, out var library) || !NativeLibrary.TryGetExport(library, "OrtGetApiBase", out var getBase))
            throw new OnnxRuntimeException(OrtErrorCode.NoSuchFile, $"'{file}' is not an ONNX Runtime library for this machine");
        var functions = ((delegate* unmanaged<nint*>)getBase)();
        var version = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)functions[1])()) ?? "";
        var table = (nint*)((delegate* unmanaged<uint, nint>)functions[0])(apiVersion);
        if (table is null)
            throw new OnnxRuntimeException(OrtErrorCode.NotImplemented, $"'{file}' is ONNX Runtime {version}: 1.{apiVersion} or later is needed");
        fixed (byte* name = "model-server"u8)
        {
            var status = ((delegate* unmanaged<int, byte*, out nint, nint>)table[3])(FatalLogging, name, out var environment);
            return status == 0
                ? new OrtLibrary(Path.GetDirectoryName(file)!, version, table, environment)
                : throw OrtApi.ErrorOf(table, status);
        }
    }

    private static IEnumerable<string> Candidates()
    {
        if (System.Environment.GetEnvironmentVariable("ENTERPRISEAI_NATIVE") is { Length: > 0 } folder)
            yield return Path.Combine(folder, FileName);
        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
            yield return Path.Combine(parent.FullName, "artifacts", "native", FileName);
    }
}
