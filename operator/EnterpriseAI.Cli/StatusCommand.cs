using System.CommandLine;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using Spectre.Console;

namespace EnterpriseAI.Cli;

/// <summary><c>status</c>: every resource of a namespace with its phase and what to do, on one page.</summary>
internal static class StatusCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var cluster = new ClusterOptions(environment);
        var command = new Command("status", "Every data source, training job, model version and inference service of a namespace, with what to do.");
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using (client)
            {
                var table = Cell.Table("KIND", "NAME", "PHASE", "READY", "MESSAGE");
                foreach (var x in (await client.ListAsync(ApiResources.DataSources, ns, cancellationToken: cancellationToken)).Items)
                    Row(table, x, x.Status?.Phase, x.Status?.Conditions);
                foreach (var x in (await client.ListAsync(ApiResources.TrainingJobs, ns, cancellationToken: cancellationToken)).Items)
                    Row(table, x, x.Status?.Phase, x.Status?.Conditions);
                foreach (var x in (await client.ListAsync(ApiResources.ModelVersions, ns, cancellationToken: cancellationToken)).Items)
                    Row(table, x, x.Status?.Phase, x.Status?.Conditions);
                foreach (var x in (await client.ListAsync(ApiResources.InferenceServices, ns, cancellationToken: cancellationToken)).Items)
                    Row(table, x, x.Status?.Phase, x.Status?.Conditions);
                environment.Show(table);
            }
            return 0;
        });
        return command;
    }

    private static void Row(Table table, IKubernetesObject resource, object? phase, IReadOnlyList<V1Condition>? conditions)
    {
        var ready = conditions?.FirstOrDefault(c => c.Type == "Ready");
        table.AddRow(Cell.Of(resource.Kind), Cell.Of(resource.Name), Cell.Of(phase?.ToString() ?? "Pending"), Cell.Of(ready?.Status ?? "Unknown"), Cell.Of(ready?.Message ?? "not looked at yet"));
    }
}
