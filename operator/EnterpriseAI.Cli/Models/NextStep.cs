using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>What a person can do about a model version that stands where it stands.</summary>
/// <param name="What">What it is for.</param>
/// <param name="Command">The command, ready to be run; null when none would help.</param>
internal sealed record NextStep(string What, string? Command)
{
    private const string NewVersion = "nothing can be changed about this one; publish a new version";

    public static IReadOnlyList<NextStep> Of(ModelVersion version, IReadOnlyList<ServiceUse> uses, DateTimeOffset now)
    {
        string Own(string verb) => $"kubectl enterpriseai model {verb} {version.Name} -n {version.Namespace}";
        return version.Status?.Phase switch
        {
            null or ModelVersionPhase.Pending =>
                [new("the operator has not looked at it; see whether it runs", "kubectl get pods -A -l app.kubernetes.io/name=enterpriseai,app.kubernetes.io/component=operator")],
            ModelVersionPhase.Verifying =>
                [new("see what the pod that verifies it does", $"kubectl get pods -n {version.Namespace} -l enterpriseai.io/modelversion={Label(version.Name)}"), .. Volume(version)],
            ModelVersionPhase.AwaitingApproval =>
                [new("approve it, as somebody else than its creator who has the verb approve", $"{Own("approve")} --comment \"…\"")],
            ModelVersionPhase.Rejected =>
                [new($"{string.Join(" or ", ApprovalStanding.Of(version.Spec.Approvals, now).Rejecting)} can take the rejection back", Own("withdraw"))],
            ModelVersionPhase.Failed => Failed(version, Own),
            ModelVersionPhase.Revoked => [new(version.Spec.Revoked ? "a revocation cannot be undone; publish a new version" : "a policy distrusts its signer or its data; see which, and what it was made from", version.Spec.Revoked ? null : Own("lineage"))],
            ModelVersionPhase.Archived => [new("take it out of the archive", $"{Own("stage")} {ModelStage.Candidate}")],
            _ => Ready(version, uses, Own),
        };
    }

    private static List<NextStep> Failed(ModelVersion version, Func<string, string> own)
    {
        if (version.Status!.Conditions.Any(c => c is { Type: "SignatureVerified", Status: "False" }))
            return [new("see with the bytes that you trust whether they are what this version names", $"{own("verify")} --artifact PATH"), new(NewVersion, null)];
        if (version.Status.Conditions.Any(c => c is { Type: "ArtifactAvailable", Status: "False" }))
            return [.. Volume(version), new("see what the pod that read it said", $"kubectl get events -n {version.Namespace} --field-selector involvedObject.kind=ModelVersion,involvedObject.name={version.Name}")];
        return [new(NewVersion, null)];
    }

    private static List<NextStep> Ready(ModelVersion version, IReadOnlyList<ServiceUse> uses, Func<string, string> own)
    {
        List<NextStep> steps = [];
        if (ModelText.Condition(version, "Expiring") is { Status: "True" } expiring)
            steps.Add(new($"before it expires ({expiring.Message}), approve it again", $"{own("approve")} --comment \"…\""));
        if (!uses.Any(u => u.Answers || u.Role == ServiceRole.Wanted))
            steps.Add(new("no inference service uses it; have one serve it", $"kubectl patch inferenceservice SERVICE -n {version.Namespace} --type merge -p '{{\"spec\":{{\"modelVersion\":\"{version.Name}\"}}}}'"));
        return steps;
    }

    private static IEnumerable<NextStep> Volume(ModelVersion version) =>
        ArtifactUri.TryParse(version.Spec.Artifact.Uri, out var uri, out _) && uri.Scheme == ArtifactScheme.Pvc
            ? [new("see whether the volume is there", $"kubectl get pvc {uri.Authority} -n {version.Namespace}")]
            : [];

    // As the operator labels its pods: a label has at most 63 characters.
    private static string Label(string name) => name.Length <= 63 ? name : name[..63].TrimEnd('-', '.');
}
