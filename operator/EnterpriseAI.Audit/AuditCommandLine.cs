using System.CommandLine;
using System.CommandLine.Invocation;
using System.Net;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Server;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Verification;

namespace EnterpriseAI.Audit;

/// <summary>The command line of <c>audit-log</c>.</summary>
internal static class AuditCommandLine
{
    private const int Succeeded = 0;
    private const int Failed = 1;
    private const int BadArguments = 2;

    /// <summary>Runs one command line. Whatever goes wrong is one line on <paramref name="error"/>.</summary>
    /// <returns>0; 1 when it failed or the copy is not good; 2 when the arguments are wrong.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var parsed = Serve(output, error).Parse(arguments);
        if (parsed.Action is ParseErrorAction)
        {
            await error.WriteLineAsync($"audit-log: {string.Join("; ", parsed.Errors.Select(e => e.Message.TrimEnd('.')))} (audit-log --help tells what is allowed)").ConfigureAwait(false);
            return BadArguments;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                // The server itself ends on SIGTERM, once what it took is durable.
                ProcessTerminationTimeout = null,
            }, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Succeeded;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or LogDamagedException or AuditUnavailableException or DllNotFoundException)
        {
            await error.WriteLineAsync($"audit-log: {e.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return Failed;
        }
    }

    private static RootCommand Serve(TextWriter output, TextWriter error)
    {
        var directory = new Option<string>("--directory") { Description = "The log's directory; made when it is not there.", HelpName = "FOLDER" };
        var http = new Option<IPEndPoint>("--http")
        {
            Description = "Where to listen, such as 0.0.0.0:8080 or 127.0.0.1:0 (a free port).",
            HelpName = "ADDRESS:PORT",
            CustomParser = result =>
            {
                if (TryParseAddress(result.Tokens[0].Value, out var address)) return address;
                result.AddError($"--http '{result.Tokens[0].Value}' is not an IP address and a port, such as 0.0.0.0:8080");
                return null;
            },
        };
        var origin = new Option<string>("--origin") { Description = $"The log's name in every checkpoint. Default: the key's, or {AuditServerOptions.DefaultOrigin} for a new key.", HelpName = "NAME" };
        var key = new Option<string>("--key") { Description = "The file with the log's signing key. Default: 'key' in the directory, made on the first start.", HelpName = "FILE" };
        var token = new Option<string>("--token-file") { Description = "A file with the bearer token that appends must present. Default: no token is needed.", HelpName = "FILE" };
        var root = new RootCommand("Serves a tamper-evident audit log: append with POST /v1/entries, read with GET /v1/entries, or as C2SP tlog-tiles.")
        {
            directory, http, origin, key, token, Export(output), Verify(output, error),
        };
        root.Validators.Add(result =>
        {
            // Not 'Required': the subcommands do without them.
            if (result.GetResult(directory) is null) result.AddError("Option '--directory' is required");
            if (result.GetResult(http) is null) result.AddError("Option '--http' is required");
        });
        root.SetAction(async (parsed, cancellationToken) =>
        {
            var options = new AuditServerOptions
            {
                Directory = Path.GetFullPath(parsed.GetRequiredValue(directory)),
                Http = parsed.GetRequiredValue(http),
                Origin = parsed.GetValue(origin),
                KeyFile = parsed.GetValue(key),
                TokenFile = parsed.GetValue(token),
            };
            await using var server = await AuditServer.StartAsync(options, cancellationToken).ConfigureAwait(false);
            await server.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return Succeeded;
        });
        return root;
    }

    private static Command Export(TextWriter output)
    {
        var from = new Option<Uri>("--from")
        {
            Description = "The log's address, such as http://127.0.0.1:8080.",
            HelpName = "URL",
            Required = true,
            CustomParser = result =>
            {
                if (Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https") return uri;
                result.AddError($"--from '{result.Tokens[0].Value}' is not an http or https URL");
                return null;
            },
        };
        var to = new Option<string>("--to") { Description = "An empty or a new folder.", HelpName = "FOLDER", Required = true };
        var command = new Command("export", "Downloads a whole log into a folder, for verifying it offline.") { from, to };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var client = new HttpClient { BaseAddress = parsed.GetRequiredValue(from) };
            var checkpoint = await AuditExport.DownloadAsync(new AuditLogClient(client), parsed.GetRequiredValue(to), cancellationToken).ConfigureAwait(false);
            await output.WriteLineAsync($"{checkpoint.Size} entries of {checkpoint.Origin}, root {checkpoint.Root.ToBase64()} (not verified yet)").ConfigureAwait(false);
            return Succeeded;
        });
        return command;
    }

    private static Command Verify(TextWriter output, TextWriter error)
    {
        var folder = new Option<string>("--folder") { Description = "A copy of a log.", HelpName = "FOLDER", Required = true };
        var key = new Option<string>("--key") { Description = "A file with the log's verifier key, kept apart from the log.", HelpName = "FILE", Required = true };
        var older = new Option<string>("--older-checkpoint") { Description = "A checkpoint kept from earlier: shows what was rewritten or cut off since.", HelpName = "FILE" };
        var command = new Command("verify", "Verifies a copy of a log offline; exits 1 and names each fault when it is not good.") { folder, key, older };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var trusted = LogVerifierKey.Parse(await File.ReadAllTextAsync(parsed.GetRequiredValue(key), cancellationToken).ConfigureAwait(false));
            var note = parsed.GetValue(older) is { } file ? await File.ReadAllBytesAsync(file, cancellationToken).ConfigureAwait(false) : null;
            var result = AuditVerifier.VerifyDirectory(parsed.GetRequiredValue(folder), trusted, note);
            foreach (var fault in result.Faults) await output.WriteLineAsync(fault.Message).ConfigureAwait(false);
            foreach (var path in result.UncoveredFiles) await output.WriteLineAsync($"{path}: not covered by the checkpoint, not looked at").ConfigureAwait(false);
            await (result.IsValid
                ? output.WriteLineAsync($"good: {result.Entries} entries, root {result.Checkpoint!.Root.ToBase64()}, signed by {trusted.Name}")
                : error.WriteLineAsync($"audit-log: the copy is not good: {result.Faults.Count} fault{(result.Faults.Count == 1 ? "" : "s")}, {result.Entries} readable entries")).ConfigureAwait(false);
            return result.IsValid ? Succeeded : Failed;
        });
        return command;
    }

    private static bool TryParseAddress(string text, out IPEndPoint address)
    {
        address = new IPEndPoint(IPAddress.Any, 0);
        // IPEndPoint takes an address without a port for port 0, which nobody means.
        return text.LastIndexOf(':') > text.LastIndexOf(']') && text.Count(c => c == ':') is var colons && (colons == 1 || text.StartsWith('['))
            && IPEndPoint.TryParse(text.StartsWith("localhost:", StringComparison.Ordinal) ? "127.0.0.1" + text[9..] : text, out address!);
    }
}
