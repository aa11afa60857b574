using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.InferenceServices;

/// <summary>What the pods of one revision say.</summary>
internal static class RevisionPods
{
    public static bool IsReady(V1Pod pod) =>
        pod.Metadata.DeletionTimestamp is null && pod.Status?.Conditions?.Any(c => c is { Type: "Ready", Status: "True" }) is true;

    /// <summary>The model server refused the bytes it was given, or their signature.</summary>
    public static bool IsVerificationFailure(string reason) => VerificationFailures.Contains(reason) || reason is "ArtifactInvalid" or "Revoked";

    /// <summary>Why a pod that is not ready fails: its own last word before it was restarted, else what the kubelet says. Null when none fails.</summary>
    public static (string Reason, string Message)? Failure(IEnumerable<V1Pod> pods)
    {
        foreach (var pod in pods.Where(p => p.Metadata.DeletionTimestamp is null && !IsReady(p)))
        {
            var status = pod.Status?.ContainerStatuses?.FirstOrDefault(s => s.Name == RevisionDeployment.Container);
            if ((status?.State?.Terminated ?? status?.LastState?.Terminated) is { ExitCode: not 0 } terminated)
            {
                var outcome = PodOutcome.Of(new V1Pod
                {
                    Status = new V1PodStatus { ContainerStatuses = [new V1ContainerStatus { State = new V1ContainerState { Terminated = terminated } }] },
                });
                return (outcome.Reason!, $"pod {pod.Metadata.Name}: {outcome.Message}");
            }
            var waiting = PodOutcome.Of(pod, RevisionDeployment.Container);
            if (waiting.Phase == PodPhase.Failed)
                return (waiting.Reason!, $"pod {pod.Metadata.Name}: {waiting.Message}");
            if (waiting is { Phase: PodPhase.Waiting, Reason: not "ContainerCreating" })
                return (waiting.Reason!, $"pod {pod.Metadata.Name}: {waiting.Message}");
        }
        return null;
    }
}
