using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace EnterpriseAI.Kubernetes;

/// <summary>A program that gives credentials, as a kubeconfig names it.</summary>
internal sealed record ExecPlugin(string User, string File, string ApiVersion, string Command)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Shown when the program is not installed.</summary>
    public string? InstallHint { get; init; }

    /// <summary>Value of <c>KUBERNETES_EXEC_INFO</c>.</summary>
    public string? Info { get; init; }

    public static ExecPlugin From(KubeconfigEntry exec, string user, Uri server)
    {
        var version = exec.Text("apiVersion") ?? "";
        if (version is not ("client.authentication.k8s.io/v1" or "client.authentication.k8s.io/v1beta1"))
            throw new KubeconfigException(
                $"{exec.File}: user '{user}': exec apiVersion '{version}' is not supported; use client.authentication.k8s.io/v1 or v1beta1");
        var command = exec.Text("command") is { Length: > 0 } text
            ? text
            : throw new KubeconfigException($"{exec.File}: user '{user}': exec has no command");
        // A command with a slash is a path, relative to the kubeconfig; any other is looked up in PATH.
        if (command.Contains('/', StringComparison.Ordinal))
            command = exec.PathTo("command")!;
        return new ExecPlugin(user, exec.File, version, command)
        {
            Arguments = exec.Texts("args"),
            Environment = exec.Items("env").Where(item => item.Text("name") is not null)
                .GroupBy(item => item.Text("name")!).ToDictionary(group => group.Key, group => group.Last().Text("value") ?? ""),
            InstallHint = exec.Text("installHint"),
            Info = ExecInfo(version, exec.Flag("provideClusterInfo") ? server : null),
        };
    }

    public async Task<ExecCredentialStatus> RunAsync(CancellationToken cancellationToken)
    {
        using var process = Start();
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
            if (process.ExitCode != 0)
                throw Wrong($"exited {process.ExitCode}: {Shorten(await errors.ConfigureAwait(false))}");
            return Read(await output.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            cancellationToken.ThrowIfCancellationRequested();
            throw Wrong($"did not end within {Limit.TotalSeconds} s");
        }
    }

    static string ExecInfo(string version, Uri? server)
    {
        var cluster = server is null ? "" : $",\"cluster\":{{\"server\":\"{JsonEncodedText.Encode(server.AbsoluteUri.TrimEnd('/'))}\"}}";
        return $"{{\"apiVersion\":\"{version}\",\"kind\":\"ExecCredential\",\"spec\":{{\"interactive\":false{cluster}}}}}";
    }

    static string Shorten(string text) => text.Trim() is { Length: > 300 } trimmed ? trimmed[..300] + "…" : text.Trim();

    Process Start()
    {
        var start = new ProcessStartInfo(Command, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            UseShellExecute = false,
        };
        foreach (var (name, value) in Environment)
            start.Environment[name] = value;
        start.Environment["KUBERNETES_EXEC_INFO"] = Info;
        try
        {
            return Process.Start(start) ?? throw Wrong("did not start");
        }
        catch (Win32Exception e)
        {
            throw Wrong($"cannot be started: {e.Message}{(InstallHint is null ? "" : $"; {InstallHint}")}", e);
        }
    }

    ExecCredentialStatus Read(string output)
    {
        ExecCredential? credential;
        try
        {
            credential = JsonSerializer.Deserialize(output, WireJsonContext.Default.ExecCredential);
        }
        catch (JsonException e)
        {
            throw Wrong("printed no JSON", e);
        }

        if (credential?.Kind != "ExecCredential" || credential.ApiVersion != ApiVersion)
            throw Wrong($"printed {credential?.ApiVersion} {credential?.Kind}, expected {ApiVersion} ExecCredential");
        if (credential.Status is not { } status || (string.IsNullOrEmpty(status.Token) && string.IsNullOrEmpty(status.ClientCertificateData)))
            throw Wrong("gave neither a token nor a certificate");
        if (string.IsNullOrEmpty(status.ClientCertificateData) != string.IsNullOrEmpty(status.ClientKeyData))
            throw Wrong("must give clientCertificateData and clientKeyData together");
        return status;
    }

    KubeconfigException Wrong(string what, Exception? inner = null) =>
        new($"{File}: user '{User}': exec plugin '{Command}' {what}", inner);
}
