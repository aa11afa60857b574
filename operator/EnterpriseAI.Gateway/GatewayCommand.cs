using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using EnterpriseAI.Gateway.Sources;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Gateway;

/// <summary>The command line of <c>gateway</c>.</summary>
internal static partial class GatewayCommand
{
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1);

    /// <summary>Runs one command line until the process is told to stop.</summary>
    /// <returns>0 after an ordered stop, 1 after a failure that one line on standard error explains.</returns>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error, CancellationToken cancellationToken)
    {
        var defaults = new GatewayOptions { Http = new ListenAddress(null, 8080), Admin = new ListenAddress(null, 9090) };
        var http = Address("--http", "Where requests for models are taken.", defaults.Http);
        var admin = Address("--admin", "Where /metrics, /healthz, /readyz and /v1/observations are served.", defaults.Admin);
        var routes = new Option<string?>("--routes") { HelpName = "FILE", Description = "Route by this file and follow its changes, without a cluster." };
        var kubeconfig = new Option<string?>("--kubeconfig") { HelpName = "FILE", Description = "Route by the cluster of this kubeconfig; without it and --routes, by the cluster the pod runs in." };
        var requestTimeout = Duration("--request-timeout", "Longest time a model server may go without progress.", defaults.RequestTimeout, ShortestTimeout);
        var connectTimeout = Duration("--connect-timeout", "Longest time a connection to a model server may take to be made.", defaults.ConnectTimeout, ShortestTimeout);
        var maxBytes = new Option<long>("--max-request-bytes")
        {
            HelpName = "N",
            Description = "Largest request body in bytes.",
            DefaultValueFactory = _ => defaults.MaxRequestBytes,
            CustomParser = result => long.TryParse(Word(result), NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
                ? value
                : Refuse<long>(result, "--max-request-bytes", "a whole number above 0"),
        };
        var drain = Duration("--drain", "How long requests are still taken after SIGTERM.", defaults.Drain, TimeSpan.Zero);
        var logLevel = new Option<string>("--log-level")
        {
            HelpName = string.Join('|', Enum.GetNames<LogLevel>()),
            Description = "Lowest level that is logged.",
            DefaultValueFactory = _ => defaults.LogLevel,
            CustomParser = result => Enum.GetNames<LogLevel>().FirstOrDefault(name => name.Equals(Word(result), StringComparison.OrdinalIgnoreCase))
                ?? Refuse<string>(result, "--log-level", string.Join(", ", Enum.GetNames<LogLevel>())),
        };
        var root = new RootCommand("Routes inference requests to model servers, splits traffic between a stable revision and a candidate, and counts how each does.")
        {
            http, admin, routes, kubeconfig, requestTimeout, connectTimeout, maxBytes, drain, logLevel,
        };
        root.Validators.Add(result =>
        {
            if (result.GetResult(routes) is not null && result.GetResult(kubeconfig) is not null)
                result.AddError("--routes and --kubeconfig cannot be given together: routes come from a file or from a cluster");
        });
        root.SetAction((parsed, stop) => ServeAsync(
            new GatewayOptions
            {
                Http = parsed.GetValue(http)!,
                Admin = parsed.GetValue(admin)!,
                RoutesFile = parsed.GetValue(routes),
                Kubeconfig = parsed.GetValue(kubeconfig),
                RequestTimeout = parsed.GetValue(requestTimeout),
                ConnectTimeout = parsed.GetValue(connectTimeout),
                MaxRequestBytes = parsed.GetValue(maxBytes),
                Drain = parsed.GetValue(drain),
                LogLevel = parsed.GetValue(logLevel)!,
            },
            error,
            stop));

        var command = root.Parse(arguments);
        if (command.Errors.Count > 0)
        {
            await error.WriteLineAsync($"gateway: {command.Errors[0].Message} (gateway --help tells what is allowed)").ConfigureAwait(false);
            return 1;
        }
        // The host handles SIGTERM itself: it has to drain.
        return await command.InvokeAsync(
            new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null }, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<int> ServeAsync(GatewayOptions options, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = await GatewayHost.BuildAsync(options, cancellationToken).ConfigureAwait(false);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (Exception failure) when (failure is RouteFileException or KubeconfigException or IOException or SocketException)
        {
            await error.WriteLineAsync($"gateway: {failure.Message.ReplaceLineEndings(" ")}").ConfigureAwait(false);
            return 1;
        }
    }

    private static Option<ListenAddress> Address(string name, string description, ListenAddress standard) => new(name)
    {
        HelpName = "ADDRESS",
        Description = $"{description} {ListenAddress.Allowed}; default :{standard.Port}.",
        DefaultValueFactory = _ => standard,
        CustomParser = result => ListenAddress.Parse(Word(result)) ?? Refuse<ListenAddress>(result, name, ListenAddress.Allowed),
    };

    private static Option<TimeSpan> Duration(string name, string description, TimeSpan standard, TimeSpan least) => new(name)
    {
        HelpName = "DURATION",
        Description = $"{description} Such as 500ms, 30s or 2m; default {standard.TotalSeconds}s.",
        DefaultValueFactory = _ => standard,
        CustomParser = result => ParseDuration(Word(result)) is { } value && value >= least
            ? value
            : Refuse<TimeSpan>(result, name, $"a duration from {least.TotalMilliseconds}ms to 24h such as 500ms, 30s, 2m or 1h"),
    };

    private static TimeSpan? ParseDuration(string text)
    {
        if (DurationText().Match(text) is not { Success: true } match) return null;
        var number = double.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var seconds = match.Groups[2].ValueSpan switch { "ms" => number / 1000, "s" => number, "m" => number * 60, _ => number * 3600 };
        return seconds <= TimeSpan.FromHours(24).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private static string Word(ArgumentResult result) => result.Tokens is [{ } token] ? token.Value : "";

    private static T? Refuse<T>(ArgumentResult result, string name, string allowed)
    {
        result.AddError($"{name} '{Word(result)}' is not allowed: it must be {allowed}");
        return default;
    }

    [GeneratedRegex(@"\A(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)\z", RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();
}
