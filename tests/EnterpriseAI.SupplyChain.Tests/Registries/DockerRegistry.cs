using System.Diagnostics;
using System.Text.RegularExpressions;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>Debian's docker-registry on loopback, with a folder of its own. Tests that need it are skipped where it is missing.</summary>
internal sealed partial class DockerRegistry : IAsyncDisposable
{
    public const string Username = "alice";
    public const string Password = "secret";

    // bcrypt of the password: what the registry's htpasswd file must have.
    private const string PasswordLine = Username + ":$2b$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder;
    private readonly Process process;

    private DockerRegistry(TemporaryFolder folder, Process process, string host) => (this.folder, this.process, Host) = (folder, process, host);

    public string Host { get; }

    public static async Task<DockerRegistry> StartAsync(bool withPassword = false)
    {
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(path => Path.Combine(path, "docker-registry")).FirstOrDefault(File.Exists);
        if (program is null)
            Assert.Ignore("docker-registry (the Debian package of that name; build/prerequisites registry) is not on PATH");
        var folder = new TemporaryFolder();
        var auth = withPassword ? "auth: {htpasswd: {realm: tests, path: " + folder.Write("htpasswd", PasswordLine + "\n") + "}}" : "";
        var config = folder.Write("config.yml", $$"""
            version: 0.1
            log: {level: info, formatter: text}
            storage: {delete: {enabled: true}, filesystem: {rootdirectory: "{{folder.File("data")}}" } }
            http: {addr: "127.0.0.1:0"}
            {{auth}}
            """);
        var process = new Process { StartInfo = new ProcessStartInfo(program!, ["serve", config]) { RedirectStandardError = true, RedirectStandardOutput = true } };
        // The port is the system's choice, and told in the log only.
        var listening = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var log = new List<string>();
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.Start();
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        var registry = new DockerRegistry(folder, process, await Task.WhenAny(listening.Task, Task.Delay(StartLimit)) == listening.Task ? await listening.Task : "");
        if (registry.Host.Length > 0)
            return registry;
        await registry.DisposeAsync();
        lock (log)
            throw new InvalidOperationException($"docker-registry does not listen after {StartLimit.TotalSeconds} s: {string.Join('\n', log)}");

        void Read(string? line)
        {
            lock (log)
                log.Add(line ?? "");
            if (line is not null && ListeningOn().Match(line) is { Success: true } match)
                listening.TrySetResult(match.Groups[1].Value);
        }
    }

    public OciReference Reference(string rest) => OciReference.Parse($"{Host}/{rest}");

    /// <summary>Where the registry keeps a blob.</summary>
    public string BlobFile(OciDigest digest) => folder.File($"data/docker/registry/v2/blobs/sha256/{digest.Hex[..2]}/{digest.Hex}/data");

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        folder.Dispose();
    }

    [GeneratedRegex(@"listening on (127\.0\.0\.1:\d+)")]
    private static partial Regex ListeningOn();
}
