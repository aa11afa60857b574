using System.Reflection;
using System.Runtime.InteropServices;

namespace EnterpriseAI.Data.DuckDb;

/// <summary>
/// Finds <c>libduckdb.so</c>: the folder named by <c>ENTERPRISEAI_NATIVE</c>, then beside the executable,
/// then <c>artifacts/native</c> in a folder above it (a checkout).
/// </summary>
internal static class DuckDbLibrary
{
    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != DuckDbNative.Library) return 0;
        foreach (var path in Candidates(name, Environment.GetEnvironmentVariable("ENTERPRISEAI_NATIVE"), AppContext.BaseDirectory))
        {
            if (File.Exists(path) && NativeLibrary.TryLoad(path, out var handle)) return handle;
        }

        throw new DllNotFoundException(
            $"{name} was found neither in the folder ENTERPRISEAI_NATIVE names, nor in {AppContext.BaseDirectory}, "
            + "nor in artifacts/native above it; build/native/fetch puts it there");
    }

    internal static IEnumerable<string> Candidates(string name, string? environmentFolder, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(environmentFolder)) yield return Path.Combine(environmentFolder, name);
        yield return Path.Combine(baseDirectory, name);
        for (var folder = new DirectoryInfo(baseDirectory); folder is not null; folder = folder.Parent)
            yield return Path.Combine(folder.FullName, "artifacts", "native", name);
    }
}
