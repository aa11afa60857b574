using System.CommandLine;
using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model lineage</c>: what a version was made from, and what became of it.</summary>
internal static class LineageCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var name = ModelCommand.Name();
        var output = Choice.Output("tree", "json");
        var cluster = new ClusterOptions(environment);
        var command = new Command("lineage", "Show the data and the training job that a model version was made from, and the services that it went to.") { name, output };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var version = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, cancellationToken);
            var lineage = Lineage.Of(
                version,
                await JobAsync(client, version, cancellationToken),
                await client.TryListAllAsync(ApiResources.DataSources, ns, cancellationToken),
                await client.TryListAllAsync(ApiResources.InferenceServices, ns, cancellationToken),
                environment.Now);
            if (parsed.GetValue(output)?.ToLowerInvariant() is "json")
                environment.WriteLines(ObjectText.Json(JsonSerializer.SerializeToNode(lineage, LineageJson.Default.Lineage)!));
            else
                environment.Show(LineageTree.Of(lineage));
            return 0;
        });
        return command;
    }

    // At most one, by its name: there may be thousands of others.
    private static async Task<Listing<TrainingJob>> JobAsync(KubernetesClient client, ModelVersion version, CancellationToken cancellationToken)
    {
        if (version.Spec.Provenance?.TrainingJob is not { Length: > 0 } job)
            return new Listing<TrainingJob>([], null);
        try
        {
            return new Listing<TrainingJob>(await client.TryGetAsync(ApiResources.TrainingJobs, version.Namespace, job, cancellationToken) is { } found ? [found] : [], null);
        }
        catch (KubernetesException e) when (e.IsForbidden)
        {
            return new Listing<TrainingJob>([], e.Status.Message) { IsAllowed = false };
        }
    }
}
