using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.Admission;
using EnterpriseAI.Operator.AgentPods;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>The model version that a job creates of what it produced.</summary>
internal static class RegisteredModelVersion
{
    public static string Name(TrainingOutput output) => $"{output.Model}-{output.Version}".ToLowerInvariant().Replace('+', '-').Replace('_', '-');

    /// <remarks>No owner reference: a model version outlives the job that made it.</remarks>
    public static ModelVersion Build(TrainingJob job, TrainingOutput output, SignResult signed, IReadOnlyDictionary<string, DataSource> inputs) => new()
    {
        Metadata = new V1ObjectMeta
        {
            Name = Name(output),
            Namespace = job.Metadata.Namespace,
            Labels = CommonLabels.With(new Dictionary<string, string> { [CommonLabels.TrainingJob] = CommonLabels.Value(job.Metadata.Name!) }),
            // Whoever had a model trained cannot approve it: the webhook takes the creator from the operator's own requests alone.
            Annotations = CreatorStamp.Of(job) is { } creator ? new Dictionary<string, string> { [CreatorStamp.Annotation] = creator } : null,
        },
        Spec = new ModelVersionSpec
        {
            Model = output.Model,
            Version = output.Version,
            Artifact = new ModelArtifact { Uri = output.Artifact, Digest = signed.Digest },
            Provenance = new ModelProvenance
            {
                TrainingJob = job.Metadata.Name,
                DataSources = [.. job.Spec.Inputs.Select(i => new DataSourceDigest { Name = i.DataSource, Digest = inputs.GetValueOrDefault(i.DataSource)?.Status?.Snapshot?.Digest })],
            },
            Signature = new SignatureRequirement
            {
                PublicKey = new PublicKeySource
                {
                    SecretKeyRef = output.PublicKeyRef ?? new SecretKeyReference { Name = $"{output.SigningKeySecret}-pub", Key = "cosign.pub" },
                },
            },
            Card = output.ModelVersion?.Card,
            Evaluation = signed.Evaluation ?? [],
            Gates = output.ModelVersion?.Gates ?? [],
            Approvals = new ModelApprovals { Required = output.ModelVersion?.Approvals?.Required ?? 1 },
            Stage = output.ModelVersion?.Stage ?? ModelStage.Candidate,
        },
    };
}
