using EnterpriseAI.Data.DuckDb;

namespace EnterpriseAI.Data.Tests;

/// <summary>Where the shared test data lies, and a folder per test that is deleted afterwards.</summary>
internal sealed class TestData : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("data-tests-");

    public static CancellationToken Token => TestContext.CurrentContext.CancellationToken;

    public string Folder => _folder.FullName;

    public static string Native(string name)
    {
        var path = Above(Path.Combine("artifacts", "native", "data", name));
        if (path is null) Assert.Ignore($"artifacts/native/data/{name} not present; build/native/fetch brings it");
        return path!;
    }

    public static string Vector(string name)
    {
        var path = Above(Path.Combine("shared", "vectors", "data", name));
        if (path is null) Assert.Ignore($"shared/vectors/data/{name} not present");
        return path!;
    }

    public string Write(string name, string content)
    {
        var path = PathOf(name);
        File.WriteAllText(path, content);
        return path;
    }

    public string Write(string name, byte[] content)
    {
        var path = PathOf(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Writes the rows of a query to a file, in the format of its suffix.</summary>
    public string Generate(string name, string query)
    {
        var path = PathOf(name);
        using var connection = DuckDbConnection.Open(256L << 20, 1, Path.Combine(Folder, ".spill"), 1L << 30);
        var format = Path.GetExtension(name) switch { ".csv" => "csv", ".json" => "json", _ => "parquet" };
        connection.Query($"COPY ({query}) TO {Sql.Literal(path)} (FORMAT {format})", Token);
        return path;
    }

    public static Task<DataProfile> Profile(string path, ProfileRequest? request = null, TimeProvider? time = null) =>
        new DataProfiler(time ?? TimeProvider.System, new ProfileOptions { Threads = 1, MemoryLimit = 512L << 20 })
            .ProfileAsync((request ?? new ProfileRequest()) with { Paths = [path] }, Token);

    public static async Task<DataSourceException> Refused(string path, ProfileRequest? request = null) =>
        (await Assert.ThrowsAsync<DataSourceException>(() => Profile(path, request)))!;

    public void Dispose() => _folder.Delete(recursive: true);

    private string PathOf(string name)
    {
        var path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return path;
    }

    private static string? Above(string relative)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, relative);
            if (File.Exists(path)) return path;
        }

        return null;
    }
}
