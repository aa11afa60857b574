using System.Text.Json.Serialization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Cli.Models;

/// <summary>Whether something that a version names is there.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Presence>))]
internal enum Presence
{
    Found,

    /// <summary>It was deleted, or never there.</summary>
    Missing,

    /// <summary>The user may not read it.</summary>
    Forbidden,

    /// <summary>Not all that is there was read.</summary>
    Unknown,
}

/// <summary>A data source that a version was made from.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Presence">Whether it is there now.</param>
/// <param name="DigestThen">Digest of the data that was read; null when nobody noted it.</param>
/// <param name="DigestNow">Digest of the data as it is now; null when it is not known.</param>
internal sealed record LineageSource(string Name, Presence Presence, string? DigestThen, string? DigestNow)
{
    /// <summary>Whether the data is another now; null when that cannot be told.</summary>
    public bool? IsChanged => DigestThen is null || DigestNow is null ? null : DigestThen != DigestNow;
}

/// <summary>The training job that made a version.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Presence">Whether it is there now.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Attempts">How often it was run.</param>
/// <param name="Seconds">How long it took, or takes so far.</param>
/// <param name="ModelVersion">The version that it says it made.</param>
/// <param name="UnnamedSources">Data that it read and that the version does not name.</param>
internal sealed record LineageJob(string Name, Presence Presence, string? Phase, int Attempts, double? Seconds, string? ModelVersion, IReadOnlyList<LineageSource> UnnamedSources);

/// <summary>An inference service that has to do with a version.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Role">What the version is to it.</param>
/// <param name="Detail">Pods, percent of traffic, or when it ended.</param>
internal sealed record LineageService(string Name, string Role, string Detail);

/// <summary>What a model version was made from, and what became of it.</summary>
/// <param name="Name">Name of the version.</param>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Digest">Digest of its artifact.</param>
/// <param name="Signer">Who signed it.</param>
/// <param name="Approvals">Given of required.</param>
/// <param name="ApprovedBy">Who approves it.</param>
/// <param name="DataSources">The data.</param>
/// <param name="TrainingJob">The job; null when the version names none.</param>
/// <param name="Source">Repository and commit of the source code.</param>
/// <param name="Services">The services.</param>
/// <param name="Gaps">What could not be read.</param>
internal sealed record Lineage(
    string Name, string? Namespace, string Phase, string Digest, string Signer, string Approvals, IReadOnlyList<string> ApprovedBy,
    IReadOnlyList<LineageSource> DataSources, LineageJob? TrainingJob, string? Source, IReadOnlyList<LineageService> Services, IReadOnlyList<string> Gaps)
{
    public static Lineage Of(ModelVersion version, Listing<TrainingJob> job, Listing<DataSource> sources, Listing<InferenceService> services, DateTimeOffset now)
    {
        var provenance = version.Spec.Provenance;
        var standing = ApprovalStanding.Of(version.Spec.Approvals, now);
        var byName = sources.Items.Where(s => s.Namespace == version.Namespace).ToLookup(s => s.Name);
        return new Lineage(
            version.Name, version.Namespace, ModelText.Phase(version), version.Spec.Artifact.Digest, ModelText.Signer(version.Status?.Signer), standing.Short, standing.Approving,
            [.. (provenance?.DataSources ?? []).Select(d => Source(d.Name, d.Digest))],
            provenance?.TrainingJob is { Length: > 0 } name ? Job(name) : null,
            provenance?.Source is { } code ? $"{code.Repository}{(code.Commit is { } commit ? $"@{commit}" : "")}" : null,
            [.. ServiceUse.Of(services.Items, version).Select(u => new LineageService(u.Service.Name, u.RoleText, u.Detail))],
            [.. new[] { sources.Gap, job.Gap, services.Gap }.OfType<string>()]);

        LineageSource Source(string source, string? then)
        {
            var found = byName[source].FirstOrDefault();
            return new LineageSource(source, found is not null ? Presence.Found : Absent(sources), then, found?.Status?.Snapshot?.Digest);
        }

        LineageJob Job(string jobName)
        {
            if (job.Items is not [var found, ..])
                return new LineageJob(jobName, Absent(job), null, 0, null, null, []);
            var named = (provenance?.DataSources ?? []).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
            var status = found.Status;
            return new LineageJob(
                jobName, Presence.Found, (status?.Phase ?? TrainingPhase.Pending).ToString(), status?.Attempts.Count ?? 0,
                status?.StartTime is { } start ? ((status.CompletionTime ?? now) - start).TotalSeconds : null, status?.ModelVersion,
                [.. found.Spec.Inputs.Where(i => !named.Contains(i.DataSource)).Select(i => Source(i.DataSource, null))]);
        }
    }

    // What is not in a list that was cut short may be behind its end.
    private static Presence Absent<T>(Listing<T> list) where T : class, IKubernetesObject =>
        !list.IsAllowed ? Presence.Forbidden : list.Gap is null ? Presence.Missing : Presence.Unknown;
}

/// <summary>Serialization of a lineage, generated at compile time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Lineage))]
internal sealed partial class LineageJson : JsonSerializerContext;
