using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>The functions of the ONNX Runtime C ABI that this server calls.</summary>
/// <remarks>
/// The library hands out a table of function pointers that only ever grows at its end, so each function keeps its place
/// in the published <c>OrtApi</c> structure. Every function that can fail returns a status; <see cref="Check"/> turns it
/// into an <see cref="OnnxRuntimeException"/>.
/// </remarks>
internal static unsafe class OrtApi
{
    /// <summary>The table's version that is asked for: the first with everything used here; any later library has it.</summary>
    private const uint ApiVersion = 18;

    // SafeHandles are released by the finalizer thread too, so the table and the environment live as long as the process.
    private static readonly OrtLibrary Library = OrtLibrary.Load(ApiVersion);

    public static string LibraryVersion => Library.Version;

    public static string LibraryFolder => Library.Folder;

    public static nint Environment => Library.Environment;

    private static nint* Table => Library.Table;

    /// <summary>Throws when <paramref name="status"/> is an error, and releases it.</summary>
    public static void Check(nint status)
    {
        if (status != 0)
            throw ErrorOf(Table, status);
    }

    public static OnnxRuntimeException ErrorOf(nint* table, nint status)
    {
        var code = ((delegate* unmanaged<nint, int>)table[1])(status);
        var message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)table[2])(status)) ?? "";
        ((delegate* unmanaged<nint, void>)table[93])(status);
        return new OnnxRuntimeException((OrtErrorCode)code, message);
    }

    public static nint CreateSessionFromArray(nint environment, void* model, nuint length, nint options, out nint session) =>
        ((delegate* unmanaged<nint, void*, nuint, nint, out nint, nint>)Table[8])(environment, model, length, options, out session);

    public static nint Run(nint session, nint runOptions, byte** inputNames, nint* inputs, nuint inputCount, byte** outputNames, nuint outputCount, nint* outputs) =>
        ((delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint>)Table[9])(
            session, runOptions, inputNames, inputs, inputCount, outputNames, outputCount, outputs);

    public static nint CreateSessionOptions(out nint options) => ((delegate* unmanaged<out nint, nint>)Table[10])(out options);

    /// <param name="options">The session's options.</param>
    /// <param name="mode">0: one operator at a time; 1: several.</param>
    public static nint SetSessionExecutionMode(nint options, int mode) => ((delegate* unmanaged<nint, int, nint>)Table[13])(options, mode);

    public static nint DisableMemPattern(nint options) => ((delegate* unmanaged<nint, nint>)Table[17])(options);

    public static nint DisableCpuMemArena(nint options) => ((delegate* unmanaged<nint, nint>)Table[19])(options);

    public static nint SetIntraOpNumThreads(nint options, int threads) => ((delegate* unmanaged<nint, int, nint>)Table[24])(options, threads);

    public static nint SetInterOpNumThreads(nint options, int threads) => ((delegate* unmanaged<nint, int, nint>)Table[25])(options, threads);

    public static nint SessionGetInputCount(nint session, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table[30])(session, out count);

    public static nint SessionGetOutputCount(nint session, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table[31])(session, out count);

    public static nint SessionGetInputTypeInfo(nint session, nuint index, out nint info) =>
        ((delegate* unmanaged<nint, nuint, out nint, nint>)Table[33])(session, index, out info);

    public static nint SessionGetOutputTypeInfo(nint session, nuint index, out nint info) =>
        ((delegate* unmanaged<nint, nuint, out nint, nint>)Table[34])(session, index, out info);

    public static nint SessionGetInputName(nint session, nuint index, nint allocator, out byte* name) =>
        ((delegate* unmanaged<nint, nuint, nint, out byte*, nint>)Table[36])(session, index, allocator, out name);

    public static nint SessionGetOutputName(nint session, nuint index, nint allocator, out byte* name) =>
        ((delegate* unmanaged<nint, nuint, nint, out byte*, nint>)Table[37])(session, index, allocator, out name);

    public static nint CreateRunOptions(out nint options) => ((delegate* unmanaged<out nint, nint>)Table[39])(out options);

    public static nint RunOptionsSetTerminate(nint options) => ((delegate* unmanaged<nint, nint>)Table[46])(options);

    public static nint RunOptionsUnsetTerminate(nint options) => ((delegate* unmanaged<nint, nint>)Table[47])(options);

    public static nint CreateTensorAsOrtValue(nint allocator, long* shape, nuint rank, int type, out nint value) =>
        ((delegate* unmanaged<nint, long*, nuint, int, out nint, nint>)Table[48])(allocator, shape, rank, type, out value);

    // These three only read a field: letting the collector know of the call would take longer than the call.

    public static nint IsTensor(nint value, out int result)
    {
        fixed (int* pointer = &result)
            return ((delegate* unmanaged[SuppressGCTransition]<nint, int*, nint>)Table[50])(value, pointer);
    }

    public static nint GetTensorMutableData(nint value, out void* data)
    {
        fixed (void** pointer = &data)
            return ((delegate* unmanaged[SuppressGCTransition]<nint, void**, nint>)Table[51])(value, pointer);
    }

    /// <summary>The shape belongs to <paramref name="value"/>.</summary>
    public static nint GetTensorElementTypeAndShape(nint value, out int type, out long* shape, out nuint rank)
    {
        fixed (int* typePointer = &type)
        fixed (long** shapePointer = &shape)
        fixed (nuint* rankPointer = &rank)
            return ((delegate* unmanaged[SuppressGCTransition]<nint, int*, long**, nuint*, nint>)Table[414])(value, typePointer, shapePointer, rankPointer);
    }

    /// <summary>Whether the library has <see cref="GetTensorElementTypeAndShape"/>, which is younger than the rest.</summary>
    public static bool HasShapeReference { get; } = IsAtLeast(1, 24);

    public static nint GetStringTensorDataLength(nint value, out nuint length) => ((delegate* unmanaged<nint, out nuint, nint>)Table[53])(value, out length);

    public static nint GetStringTensorContent(nint value, byte* content, nuint length, nuint* offsets, nuint count) =>
        ((delegate* unmanaged<nint, byte*, nuint, nuint*, nuint, nint>)Table[54])(value, content, length, offsets, count);

    /// <summary>The tensor information is part of <paramref name="info"/> and must not be released; 0 when it is no tensor.</summary>
    public static nint CastTypeInfoToTensorInfo(nint info, out nint tensor) => ((delegate* unmanaged<nint, out nint, nint>)Table[55])(info, out tensor);

    public static nint GetTensorElementType(nint info, out int type) => ((delegate* unmanaged<nint, out int, nint>)Table[60])(info, out type);

    public static nint GetDimensionsCount(nint info, out nuint count) => ((delegate* unmanaged<nint, out nuint, nint>)Table[61])(info, out count);

    public static nint GetDimensions(nint info, long* dimensions, nuint count) => ((delegate* unmanaged<nint, long*, nuint, nint>)Table[62])(info, dimensions, count);

    /// <summary>The names belong to <paramref name="info"/>; an empty one stands for none.</summary>
    public static nint GetSymbolicDimensions(nint info, byte** names, nuint count) => ((delegate* unmanaged<nint, byte**, nuint, nint>)Table[63])(info, names, count);

    public static nint GetTensorTypeAndShape(nint value, out nint info) => ((delegate* unmanaged<nint, out nint, nint>)Table[65])(value, out info);

    /// <param name="allocator">0: one without an arena; 1: one with.</param>
    /// <param name="memory">0: the default kind of memory.</param>
    /// <param name="info">What was made.</param>
    public static nint CreateCpuMemoryInfo(int allocator, int memory, out nint info) => ((delegate* unmanaged<int, int, out nint, nint>)Table[69])(allocator, memory, out info);

    public static nint AllocatorFree(nint allocator, void* memory) => ((delegate* unmanaged<nint, void*, nint>)Table[76])(allocator, memory);

    /// <summary>The default CPU allocator: shared, never to be released.</summary>
    public static nint DefaultAllocator { get; } = GetAllocatorWithDefaultOptions();

    private static nint GetAllocatorWithDefaultOptions()
    {
        Check(((delegate* unmanaged<out nint, nint>)Table[78])(out var allocator));
        return allocator;
    }

    public static void ReleaseMemoryInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[94])(info);

    public static void ReleaseSession(nint session) => ((delegate* unmanaged<nint, void>)Table[95])(session);

    public static void ReleaseValue(nint value) => ((delegate* unmanaged<nint, void>)Table[96])(value);

    public static void ReleaseRunOptions(nint options) => ((delegate* unmanaged<nint, void>)Table[97])(options);

    public static void ReleaseTypeInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[98])(info);

    public static void ReleaseTensorTypeAndShapeInfo(nint info) => ((delegate* unmanaged<nint, void>)Table[99])(info);

    public static void ReleaseSessionOptions(nint options) => ((delegate* unmanaged<nint, void>)Table[100])(options);

    public static nint AddSessionConfigEntry(nint options, byte* key, byte* value) => ((delegate* unmanaged<nint, byte*, byte*, nint>)Table[130])(options, key, value);

    /// <summary>The session's own allocator for that memory; must not outlive it.</summary>
    public static nint CreateAllocator(nint session, nint info, out nint allocator) => ((delegate* unmanaged<nint, nint, out nint, nint>)Table[131])(session, info, out allocator);

    public static void ReleaseAllocator(nint allocator) => ((delegate* unmanaged<nint, void>)Table[132])(allocator);

    public static nint AppendTensorRt(nint options, nint provider) => ((delegate* unmanaged<nint, nint, nint>)Table[170])(options, provider);

    public static nint CreateTensorRtOptions(out nint provider) => ((delegate* unmanaged<out nint, nint>)Table[171])(out provider);

    public static nint UpdateTensorRtOptions(nint provider, byte** keys, byte** values, nuint count) =>
        ((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)Table[172])(provider, keys, values, count);

    public static void ReleaseTensorRtOptions(nint provider) => ((delegate* unmanaged<nint, void>)Table[174])(provider);

    public static nint AppendCuda(nint options, nint provider) => ((delegate* unmanaged<nint, nint, nint>)Table[204])(options, provider);

    public static nint CreateCudaOptions(out nint provider) => ((delegate* unmanaged<out nint, nint>)Table[205])(out provider);

    public static nint UpdateCudaOptions(nint provider, byte** keys, byte** values, nuint count) =>
        ((delegate* unmanaged<nint, byte**, byte**, nuint, nint>)Table[206])(provider, keys, values, count);

    public static void ReleaseCudaOptions(nint provider) => ((delegate* unmanaged<nint, void>)Table[208])(provider);

    public static nint GetResizedStringTensorElementBuffer(nint value, nuint index, nuint bytes, out byte* buffer) =>
        ((delegate* unmanaged<nint, nuint, nuint, out byte*, nint>)Table[252])(value, index, bytes, out buffer);

    /// <summary>The files are copied when the session is created; names are NUL-terminated UTF-8.</summary>
    public static nint AddExternalInitializersFromFilesInMemory(nint options, byte** names, byte** files, nuint* lengths, nuint count) =>
        ((delegate* unmanaged<nint, byte**, byte**, nuint*, nuint, nint>)Table[279])(options, names, files, lengths, count);

    /// <summary>Whether the library has <see cref="AllocatorGetStats"/>, which is younger than the rest.</summary>
    public static bool HasAllocatorStatistics { get; } = IsAtLeast(1, 23);

    private static bool IsAtLeast(int major, int minor) => Version.TryParse(Library.Version, out var version) && version >= new Version(major, minor);

    /// <summary>The value belongs to <paramref name="pairs"/>; null where there is none of that name.</summary>
    public static byte* GetKeyValue(nint pairs, byte* key) => ((delegate* unmanaged<nint, byte*, byte*>)Table[297])(pairs, key);

    public static void ReleaseKeyValuePairs(nint pairs) => ((delegate* unmanaged<nint, void>)Table[300])(pairs);

    public static nint AllocatorGetStats(nint allocator, out nint pairs) => ((delegate* unmanaged<nint, out nint, nint>)Table[319])(allocator, out pairs);
}
