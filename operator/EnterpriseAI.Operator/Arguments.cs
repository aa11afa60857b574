using System.CommandLine;
using System.CommandLine.Parsing;
using EnterpriseAI.Api;
using EnterpriseAI.Controllers;

namespace EnterpriseAI.Operator;

/// <summary>Command-line conventions: one clear line on bad arguments or a failure, and a non-zero exit.</summary>
internal static class Arguments
{
    /// <summary>Parses an absolute http or https URL.</summary>
    public static Uri? HttpUrl(ArgumentResult result)
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
            return url;
        result.AddError($"--audit-url '{text}' is not an http or https URL");
        return null;
    }

    /// <summary>An option that takes a length of time such as 15s.</summary>
    public static Option<Duration> Duration(string name, string description, string standard) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        DefaultValueFactory = _ => new Duration(standard),
        CustomParser = result =>
        {
            if (Api.Duration.TryParse(result.Tokens[0].Value, out var duration, out var error))
                return duration;
            result.AddError($"{name} '{result.Tokens[0].Value}': {error}");
            return default;
        },
    };

    /// <summary>Runs the command; 0 when it ended well, 1 when it failed, 2 when the arguments are wrong.</summary>
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"operator: {parsed.Errors[0].Message}; see --help");
            return 2;
        }
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
        }
        catch (Exception e) when (e is ArgumentException or IOException or HttpRequestException or UnauthorizedAccessException or ControllerHostException or FormatException or Kubernetes.KubeconfigException)
        {
            await Console.Error.WriteLineAsync($"operator: {e.Message.ReplaceLineEndings(" ")}");
            return 1;
        }
    }
}
