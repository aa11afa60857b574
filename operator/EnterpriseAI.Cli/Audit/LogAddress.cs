using System.CommandLine;
using EnterpriseAI.Audit;

namespace EnterpriseAI.Cli.Audit;

/// <summary>Where the audit log is reached.</summary>
internal static class LogAddress
{
    public static Option<Uri> Option() => new("--url")
    {
        Description = "Address of the audit log, e.g. after: kubectl -n enterpriseai-system port-forward service/enterpriseai-audit-log 8081:8080",
        DefaultValueFactory = _ => new Uri("http://127.0.0.1:8081"),
        CustomParser = result =>
        {
            var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                return url;
            result.AddError($"--url '{text}' is not an http or https URL");
            return null;
        },
    };

    public static AuditLogClient Connect(Uri url) => new(new HttpClient { BaseAddress = url });
}
