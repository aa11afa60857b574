using System.Security.Cryptography;

namespace EnterpriseAI.Agent.Tests;

/// <summary>A temporary folder, a captured console and an environment of its own.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("agent-tests-");

    public string At(params string[] parts) => Path.Combine([_folder.FullName, .. parts]);

    public string Write(string name, string content)
    {
        var path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }

    /// <summary>Runs one command line as a process of its own would.</summary>
    public async Task<AgentRun> AgentAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null, CancellationToken cancellationToken = default)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var log = At($"termination-{Guid.NewGuid():N}");
        var host = new AgentHost(output, error, name => environment?.GetValueOrDefault(name), TimeProvider.System);
        var code = await AgentApplication.RunAsync([.. arguments, "--termination-log", log], host, cancellationToken);
        return new AgentRun(code, output.ToString(), error.ToString(), File.Exists(log) ? await File.ReadAllTextAsync(log, CancellationToken.None) : null);
    }

    public (string PrivateKey, string PublicKey) KeyPair(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return (Write($"{name}.key", key.ExportPkcs8PrivateKeyPem()), Write($"{name}.pub", key.ExportSubjectPublicKeyInfoPem()));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>The penguins of a checkout that has fetched its data; otherwise the test is ignored.</summary>
    public static string Penguins()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var path = Path.Combine(folder.FullName, "artifacts", "native", "data", "penguins.json");
            if (File.Exists(path))
            {
                return path;
            }
        }

        Assert.Ignore("artifacts/native/data/penguins.json not present; build/native/fetch brings it");
        return string.Empty;
    }
}

/// <summary>How a command line ended.</summary>
internal sealed record AgentRun(int ExitCode, string Output, string Error, string? TerminationLog)
{
    public string LastLine => Output.TrimEnd().Split('\n')[^1];
}
