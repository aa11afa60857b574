using System.Text.Json;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.AgentPods;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>Decides how a job that has trained signs its artifact and registers it as a model version.</summary>
internal static class PublishDecision
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(15);

    public static TrainingJobPlan Decide(TrainingJobObservation observation, TrainingJobStatus present, ConditionSet conditions, DateTimeOffset now)
    {
        var job = observation.Resource;
        if (job.Spec.Output is not { } output)
        {
            return new TrainingJobPlan
            {
                Status = present with
                {
                    ObservedGeneration = job.Metadata.Generation,
                    Phase = TrainingPhase.Succeeded,
                    CompletionTime = TrainingJobDecision.Second(now),
                    Conditions = conditions.True("Ready", "Succeeded", "every pod succeeded; spec.output was removed, so nothing was registered").ToList(),
                },
            };
        }
        var artifact = ClaimUri.TryParse(output.Artifact)!.Value;
        var pod = observation.Pods.GetValueOrDefault(PublishPod.Name(job));
        var outcome = PodOutcome.Of(pod);
        switch (outcome.Phase)
        {
            case PodPhase.Absent:
                return Publishing(job, present, conditions, "what was trained is being signed") with
                {
                    Apply =
                    [
                        DesiredObject.Of(CoreResources.NetworkPolicies, PublishPod.NetworkPolicy(job), observation.PublishNetworkPolicy),
                        DesiredObject.Once(CoreResources.Pods, PublishPod.Build(job, artifact, observation.AgentImage), null),
                    ],
                };
            case PodPhase.Waiting or PodPhase.Running:
                return Publishing(job, present, conditions, outcome.Message is { } waits ? $"the pod that signs waits: {waits}" : "what was trained is being signed");
            case PodPhase.Failed when outcome.IsRetryable:
                var retryAt = (outcome.FinishedAt ?? now) + RetryAfter;
                return Publishing(job, present, conditions, $"signing failed and is tried again: {outcome.Message}") with
                {
                    Delete = now >= retryAt ? [ObjectDeletion.Of(CoreResources.Pods, pod!)] : [],
                    RequeueAfter = now >= retryAt ? TimeSpan.FromSeconds(1) : retryAt - now,
                };
            case PodPhase.Failed:
                return TrainingJobDecision.Fail(observation, present, conditions, outcome.Reason!, $"what was trained could not be signed: {outcome.Message}", now);
        }

        SignResult signed;
        try
        {
            signed = SignResult.Parse(outcome.Result);
        }
        catch (JsonException e)
        {
            return TrainingJobDecision.Fail(observation, present, conditions, "UnreadableResult", $"the result of pod {PublishPod.Name(job)} is of another shape ({e.Message}); operator and agent image must be of one version", now);
        }

        var name = RegisteredModelVersion.Name(output);
        if (observation.ModelVersion is { } existing && existing.Spec.Artifact.Digest != signed.Digest)
        {
            return TrainingJobDecision.Fail(observation, present, conditions, "ModelVersionExists",
                $"ModelVersion {name} exists already with another artifact ({existing.Spec.Artifact.Digest}, not {signed.Digest}); choose another spec.output.version", now);
        }

        return new TrainingJobPlan
        {
            Apply = [DesiredObject.Once(ApiResources.ModelVersions, RegisteredModelVersion.Build(job, output, signed, observation.DataSources), observation.ModelVersion)],
            Status = present with
            {
                ObservedGeneration = job.Metadata.Generation,
                Phase = TrainingPhase.Succeeded,
                ModelVersion = name,
                CompletionTime = TrainingJobDecision.Second(now),
                Conditions = conditions.True("Ready", "Succeeded", $"registered ModelVersion {name}, {signed.Digest}").ToList(),
            },
            Transitions =
            [
                new Transition("ModelVersionRegistered", signed.Digest, $"signed and registered ModelVersion {name}")
                {
                    Details = new Dictionary<string, string> { ["modelVersion"] = name, ["digest"] = signed.Digest, ["keyId"] = signed.KeyId ?? "" },
                },
            ],
            RequeueAfter = TimeSpan.Zero,
        };
    }

    private static TrainingJobPlan Publishing(TrainingJob job, TrainingJobStatus present, ConditionSet conditions, string message) => new()
    {
        Status = present with { ObservedGeneration = job.Metadata.Generation, Phase = TrainingPhase.Publishing, Conditions = conditions.False("Ready", "Publishing", message).ToList() },
        RequeueAfter = TrainingJobDecision.WatchInterval,
    };
}
