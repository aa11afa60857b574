using System.CommandLine;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli;

/// <summary><c>approve NAME</c>: approves a model version in the name of the user who runs it.</summary>
internal static class ApproveCommand
{
    public static Command Build()
    {
        var name = new Argument<string>("name") { Description = "Name of the ModelVersion." };
        var comment = new Option<string?>("--comment") { Description = "Why; stands in the audit log." };
        var cluster = new ClusterOptions();
        var command = new Command("approve", "Approve a model version. The admission webhook stamps who approved and when.") { name, comment };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using (client)
            {
                var approval = new JsonObject();
                if (parsed.GetValue(comment) is { } text)
                    approval["comment"] = text;
                // Earlier approvals need not be repeated: the webhook keeps them.
                var patch = new JsonObject { ["spec"] = new JsonObject { ["approvals"] = new JsonObject { ["granted"] = new JsonArray(approval) } } };
                var version = await client.PatchAsync(ApiResources.ModelVersions, ns, parsed.GetValue(name)!, Patch.Merge(patch.ToJsonString()), cancellationToken: cancellationToken);
                var granted = version.Spec.Approvals?.Granted ?? [];
                Console.WriteLine($"modelversion.enterpriseai.io/{version.Metadata.Name} approved by {granted.LastOrDefault()?.By} ({granted.Count} of {version.Spec.Approvals?.Required ?? 1})");
            }
            return 0;
        });
        return command;
    }
}
