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
    };

    public static AuditLogClient Connect(Uri url) =>
        url is { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? new AuditLogClient(new HttpClient { BaseAddress = url })
            : throw new ArgumentException($"--url '{url}' is not an http or https URL");
}
