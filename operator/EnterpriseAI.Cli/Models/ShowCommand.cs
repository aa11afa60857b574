using System.CommandLine;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model show</c>: one model version on one page.</summary>
internal static class ShowCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var name = ModelCommand.Name();
        var output = Choice.Output("page", "json", "yaml");
        var cluster = new ClusterOptions(environment);
        var command = new Command("show", "Show one model version: where it stands and why, what would help, its evidence, who serves it.") { name, output };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var version = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, cancellationToken);
            if (parsed.GetValue(output)?.ToLowerInvariant() is "json" or "yaml")
                environment.WriteLines(ObjectText.Of(ApiResources.ModelVersions, version, parsed.GetValue(output)!));
            else
                new ModelPage(environment, version, await client.TryListAllAsync(ApiResources.InferenceServices, ns, cancellationToken)).Write();
            return 0;
        });
        return command;
    }
}
