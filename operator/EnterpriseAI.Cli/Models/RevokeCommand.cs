using System.CommandLine;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary><c>model revoke</c>: takes a model version out of service for good, after saying what that does.</summary>
internal static class RevokeCommand
{
    public static Command Build(CommandEnvironment environment)
    {
        var name = ModelCommand.Name();
        var reason = new Option<string>("--reason") { Description = "Why; stands in the object and in the audit log.", HelpName = "TEXT", Required = true };
        reason.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
                result.AddError("--reason is empty: say why");
        });
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask. Needed where nobody can be asked." };
        var cluster = new ClusterOptions(environment);
        var command = new Command("revoke", "Take a model version out of service for good. This cannot be undone.") { name, reason, yes };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!parsed.GetValue(yes) && !environment.IsInteractive)
                throw new ArgumentException("a revocation cannot be undone, and nobody can be asked here: give --yes");
            var (client, ns) = cluster.Connect(parsed);
            using var _ = client;
            var version = await client.GetAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, cancellationToken);
            if (version.Spec.Revoked)
            {
                environment.WriteLine($"{ModelText.Reference(version)} is revoked already: {version.Spec.RevokedReason ?? "no reason given"}");
                return 0;
            }

            foreach (var line in await ImpactAsync(client, version, cancellationToken))
                environment.WriteLine(line);
            if (!parsed.GetValue(yes) && !await IsConfirmedAsync(environment, version, cancellationToken))
            {
                environment.Remark("kubectl-enterpriseai: nothing was revoked");
                return 1;
            }

            var patch = new JsonObject { ["spec"] = new JsonObject { ["revoked"] = true, ["revokedReason"] = parsed.GetValue(reason) } };
            await client.PatchAsync(ApiResources.ModelVersions, ns, version.Name, Patch.Merge(patch.ToJsonString()), cancellationToken: cancellationToken);
            environment.WriteLine($"{ModelText.Reference(version)} revoked; watch its services with: kubectl get inferenceservices -n {version.Namespace} --watch");
            return 0;
        });
        return command;
    }

    private static async Task<IReadOnlyList<string>> ImpactAsync(KubernetesClient client, ModelVersion version, CancellationToken cancellationToken)
    {
        var services = await client.TryListAllAsync(ApiResources.InferenceServices, version.Namespace, cancellationToken);
        if (!services.IsAllowed)
            return [$"which services it answers for cannot be told: {services.Gap}"];
        var versions = await client.TryListAllAsync(ApiResources.ModelVersions, version.Namespace, cancellationToken);
        return [.. RevocationImpact.Of(version, services.Items, versions), .. services.Gap is { } gap ? [gap] : Array.Empty<string>()];
    }

    private static async Task<bool> IsConfirmedAsync(CommandEnvironment environment, ModelVersion version, CancellationToken cancellationToken)
    {
        environment.WriteLine("A revocation cannot be undone.");
        await environment.Output.WriteAsync($"Type the name of the version to revoke it, anything else to leave it: ");
        await environment.Output.FlushAsync(cancellationToken);
        return (await environment.Input.ReadLineAsync(cancellationToken))?.Trim() == version.Name;
    }
}
