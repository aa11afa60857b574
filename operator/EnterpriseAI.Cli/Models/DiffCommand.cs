using System.CommandLine;
using EnterpriseAI.Api;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model diff</c>: what differs between two versions. Exits as <c>diff</c> does: 0 when nothing does, 1 when something does, 2 on trouble.</summary>
internal static class DiffCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var left = new Argument<string>("a") { Description = "Name of one ModelVersion." };
        var right = new Argument<string>("b") { Description = "Name of the other." };
        var cluster = new ClusterOptions(environment);
        var command = new ComparingCommand("diff", "Show what differs between two model versions. Exits with 0 when nothing does, 1 when something does, 2 on trouble.") { left, right };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var a = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(left)!, cancellationToken);
            var b = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(right)!, cancellationToken);
            var differences = ModelDifferences.Between(a, b, environment.Now);
            if (differences.Count == 0)
                return ComparingCommand.Same;
            environment.Show(DifferenceTable.Of(a, b, differences));
            return ComparingCommand.Different;
        });
        return command;
    }
}
