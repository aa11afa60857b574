using System.CommandLine;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model stage</c>: puts a model version into another stage.</summary>
internal static class StageCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var name = ModelCommand.Name();
        var stage = Choice.Argument("stage", "The stage", Enum.GetNames<ModelStage>());
        var cluster = new ClusterOptions(environment);
        var command = new Command("stage", "Put a model version into another stage.") { name, stage };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var wanted = Choice.Value<ModelStage>(parsed.GetValue(stage)!);
            var patch = new JsonObject { ["spec"] = new JsonObject { ["stage"] = wanted.ToString() } };
            var version = await client.PatchAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, Patch.Merge(patch.ToJsonString()), cancellationToken: cancellationToken);
            environment.WriteLine($"{ModelText.Reference(version)} is now {version.Spec.Stage}");
            if (wanted == ModelStage.Archived)
            {
                var services = await client.TryListAllAsync(ApiResources.InferenceServices, ns, cancellationToken);
                if (services.Gap is { } gap)
                    environment.Remark($"kubectl-enterpriseai: {gap}");
                foreach (var use in ServiceUse.Of(services.Items, version).Where(u => u.Answers || u.Role == ServiceRole.Wanted))
                    environment.WriteLine($"mind: inferenceservice {use.Service.Name} uses it ({use.RoleText}); an archived version is not rolled out any more");
            }
            return 0;
        });
        return command;
    }
}
