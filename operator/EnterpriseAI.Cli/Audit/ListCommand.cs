using System.CommandLine;
using EnterpriseAI.Audit;

namespace EnterpriseAI.Cli.Audit;

/// <summary><c>audit list</c>: the entries in their order, for people. Unproved; <c>audit verify</c> proves.</summary>
internal static class ListCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var url = LogAddress.Option();
        var kind = new Option<string?>("--kind") { Description = "Only this kind, such as ModelVersion." };
        var ns = new Option<string?>("--namespace", "-n") { Description = "Only this namespace." };
        var name = new Option<string?>("--name") { Description = "Only this resource." };
        var command = new Command("list", "List the entries of the audit log in their order.") { url, kind, ns, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var query = new AuditQuery { Kind = parsed.GetValue(kind), Namespace = parsed.GetValue(ns), Name = parsed.GetValue(name) };
            await foreach (var (index, entry) in LogAddress.Connect(parsed.GetValue(url)!).ReadAsync(query, cancellationToken))
                environment.WriteLine($"{index,6}  {entry.Time:yyyy-MM-dd HH:mm:ss}  {entry.Action,-24} {entry.Resource.Kind}/{entry.Resource.Name}  {entry.Details.GetValueOrDefault("message")}");
            return 0;
        });
        return command;
    }
}
