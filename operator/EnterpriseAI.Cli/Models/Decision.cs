using System.CommandLine;
using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Sends a person's decision on a model version. The admission webhook stamps who it was and when, and asks whether they may.</summary>
internal static class Decision
{
    public static Option<string?> Comment(bool isRequired) => new("--comment")
    {
        Description = "Why; stands in the object and in the audit log.",
        HelpName = "TEXT",
        Required = isRequired,
    };

    /// <summary>A command that takes a name and sends one kind of decision.</summary>
    public static Command Command(CommandEnvironment environment, string name, string description, ApproverDecision decision, bool needsComment)
    {
        var version = ModelCommand.Name();
        var comment = Comment(needsComment);
        if (needsComment)
        {
            comment.Validators.Add(result =>
            {
                if (result.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
                    result.AddError("--comment is empty: say why");
            });
        }
        var cluster = new ClusterOptions(environment);
        var command = new Command(name, description) { version, comment };
        cluster.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (client, ns) = cluster.Connect(parsed);
            using (client)
                Report(environment, await SendAsync(client, ns, parsed.GetValue(version)!, decision, parsed.GetValue(comment), cancellationToken), decision);
            return 0;
        });
        return command;
    }

    private static Task<ModelVersion> SendAsync(KubernetesClient client, string ns, string name, ApproverDecision decision, string? comment, CancellationToken cancellationToken)
    {
        var entry = new JsonObject { ["decision"] = decision.ToString() };
        if (comment is not null)
            entry["comment"] = comment;
        // Earlier decisions need not be repeated: the webhook keeps them.
        var patch = new JsonObject { ["spec"] = new JsonObject { ["approvals"] = new JsonObject { ["granted"] = new JsonArray(entry) } } };
        return client.PatchAsync(ApiResources.ModelVersions, ns, name, Patch.Merge(patch.ToJsonString()), cancellationToken: cancellationToken);
    }

    private static void Report(CommandEnvironment environment, ModelVersion version, ApproverDecision decision)
    {
        var standing = ApprovalStanding.Of(version.Spec.Approvals, environment.Now);
        var by = version.Spec.Approvals?.Granted.LastOrDefault()?.By;
        var done = decision switch
        {
            ApproverDecision.Approve => "approved",
            ApproverDecision.Reject => "rejected",
            _ => "decision withdrawn",
        };
        environment.WriteLine($"{ModelText.Reference(version)} {done} by {by ?? "nobody"} ({standing.Approving.Count} of {standing.Required})");
        foreach (var line in Follows(version, standing, by))
            environment.WriteLine(line);
        environment.WriteLine($"watch it with: kubectl get modelversion {version.Name} -n {version.Namespace} --watch");
    }

    private static IEnumerable<string> Follows(ModelVersion version, ApprovalStanding standing, string? by)
    {
        var missing = standing.Required - standing.Approving.Count;
        if (by is null)
            yield return "the decision bears no name, so it counts for nothing: the admission webhook did not see it; is the operator installed with it?";
        if (standing.Rejecting.Count > 0)
            yield return $"it is not served while {string.Join(", ", standing.Rejecting)} {(standing.Rejecting.Count == 1 ? "rejects" : "reject")} it, however many approve";
        else if (missing > 0)
            yield return $"{missing} more {(missing == 1 ? "approval is" : "approvals are")} needed, by others than its creator: kubectl enterpriseai model approve {version.Name} -n {version.Namespace}";
        else if (version.Status?.Phase is ModelVersionPhase.AwaitingApproval or ModelVersionPhase.Rejected)
            yield return "nothing more is needed: the operator makes it Ready now";
        else
            yield return $"it has its approvals; its phase is {ModelText.Phase(version)}{(ModelText.Condition(version, "Ready") is { Message.Length: > 0 } ready ? $": {ready.Message}" : "")}";
    }
}
