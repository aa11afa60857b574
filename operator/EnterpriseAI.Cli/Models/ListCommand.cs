using System.CommandLine;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model list</c>: the model versions, newest first, with who serves them.</summary>
internal static class ListCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var everywhere = new Option<bool>("--all-namespaces", "-A") { Description = "Every namespace." };
        var model = new Option<string?>("--model") { Description = "Only versions of this model.", HelpName = "MODEL" };
        var stage = Choice.Option("--stage", "Only versions of this stage", Enum.GetNames<ModelStage>());
        var phase = Choice.Option("--phase", "Only versions in this phase", Enum.GetNames<ModelVersionPhase>());
        var output = Choice.Output("table", "wide", "json", "yaml", "name");
        var cluster = new ClusterOptions(environment);
        var command = new Command("list", "List model versions, by model and then by version, newest first.") { everywhere, model, stage, phase, output };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, defaultNamespace) = cluster.Connect(parsed);
            using var _ = client;
            var ns = parsed.GetValue(everywhere) ? null : defaultNamespace;
            var read = await client.ListAllAsync(ApiResources.ModelVersions, ns, cancellationToken);
            if (read.Gap is { } gap)
                environment.Remark($"kubectl-enterpriseai: {gap}");
            var versions = Sorted(read.Items.Where(v =>
                (parsed.GetValue(model) ?? v.Spec.Model) == v.Spec.Model
                && (parsed.GetValue(stage) is not { } s || v.Spec.Stage == Choice.Value<ModelStage>(s))
                && (parsed.GetValue(phase) is not { } p || (v.Status?.Phase ?? ModelVersionPhase.Pending) == Choice.Value<ModelVersionPhase>(p))));
            switch (parsed.GetValue(output)?.ToLowerInvariant())
            {
                case "name":
                    foreach (var version in versions)
                        environment.WriteLine(ModelText.Reference(version));
                    return 0;
                case "json" or "yaml":
                    environment.WriteLines(ObjectText.Of(ApiResources.ModelVersions, versions, parsed.GetValue(output)!));
                    return 0;
                case var format when versions.Count > 0:
                    var services = await client.TryListAllAsync(ApiResources.InferenceServices, ns, cancellationToken);
                    if (services.Gap is { } unread)
                        environment.Remark($"kubectl-enterpriseai: {unread}");
                    environment.Show(ModelTable.Of(versions, services, isWide: format == "wide", hasNamespace: ns is null, environment.Now));
                    return 0;
                default:
                    environment.Remark(ns is null ? "No model versions found." : $"No model versions found in namespace {ns}.");
                    return 0;
            }
        });
        return command;
    }

    private static List<ModelVersion> Sorted(IEnumerable<ModelVersion> versions) =>
    [
        .. versions.OrderBy(v => v.Namespace, StringComparer.Ordinal)
            .ThenBy(v => v.Spec.Model, StringComparer.Ordinal)
            .ThenByDescending(v => v.Spec.Version, SemanticVersionOrder.Instance)
            .ThenBy(v => v.Name, StringComparer.Ordinal),
    ];
}
