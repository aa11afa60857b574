using EnterpriseAI.Api;
using EnterpriseAI.Operator.Reconciliation;

namespace EnterpriseAI.Operator.ModelVersions;

/// <summary>Holds what a version says of its origin against the training job that it names.</summary>
/// <remarks>
/// Caveat: a job may be removed after its time to live. What was found to hold while it was there stays so, since neither the artifact nor
/// the provenance of a version can change.
/// </remarks>
internal static class ProvenanceCheck
{
    public const string Condition = "ProvenanceVerified";

    public static void Judge(ModelVersion version, TrainingJob? job, ConditionSet conditions)
    {
        if (version.Spec.Provenance is not { } provenance || (provenance.TrainingJob is null && provenance.DataSources.Count == 0))
            conditions.Unknown(Condition, "NoProvenance", "spec.provenance names neither a training job nor data");
        else if (provenance.TrainingJob is not { } name)
            conditions.Unknown(Condition, "NoTrainingJob", "spec.provenance names data and no training job that read it, so nobody vouches for it");
        else if (job is null)
        {
            if (!conditions.IsTrue(Condition))
                conditions.Unknown(Condition, "TrainingJobNotFound", $"there is no TrainingJob '{name}' in this namespace to compare with");
        }
        else if (Difference(version, provenance, job) is { } difference)
            conditions.False(Condition, "Differs", difference);
        else if (job.Status?.Phase == TrainingPhase.Succeeded)
            conditions.True(Condition, "MadeByTrainingJob", $"made by TrainingJob {name}{(provenance.DataSources.Count == 0 ? "" : $" of {string.Join(", ", provenance.DataSources.Select(d => d.Name))}")}");
        else
            conditions.Unknown(Condition, "TrainingJobNotFinished", $"TrainingJob {name} is {job.Status?.Phase?.ToString() ?? "not begun"}");
    }

    private static string? Difference(ModelVersion version, ModelProvenance provenance, TrainingJob job)
    {
        if (job.Spec.Output is not { } output)
            return $"TrainingJob {job.Metadata.Name} makes no model";
        if ((output.Model, output.Version) != (version.Spec.Model, version.Spec.Version))
            return $"TrainingJob {job.Metadata.Name} makes {output.Model} {output.Version}, not {version.Spec.Model} {version.Spec.Version}";
        if (output.Artifact != version.Spec.Artifact.Uri)
            return $"TrainingJob {job.Metadata.Name} writes to {output.Artifact}, not to {version.Spec.Artifact.Uri}";
        if (job.Status?.ModelVersion is { } registered && registered != version.Metadata.Name)
            return $"TrainingJob {job.Metadata.Name} registered ModelVersion {registered}, not this one";
        var read = job.Spec.Inputs.Select(input => input.DataSource).ToHashSet(StringComparer.Ordinal);
        return provenance.DataSources.FirstOrDefault(data => !read.Contains(data.Name)) is { } stranger
            ? $"TrainingJob {job.Metadata.Name} does not read the data source {stranger.Name}"
            : read.FirstOrDefault(name => provenance.DataSources.All(data => data.Name != name)) is { } missing
                ? $"TrainingJob {job.Metadata.Name} reads the data source {missing}, which spec.provenance does not name"
                : null;
    }
}
