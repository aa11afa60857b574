using System.Globalization;
using Spectre.Console;

namespace EnterpriseAI.Cli.Models;

/// <summary>A lineage as a tree: upward what the version was made from, downward what became of it.</summary>
internal static class LineageTree
{
    private static readonly Style Bad = new(Color.Red);
    private static readonly Style Doubtful = new(Color.Yellow);

    public static Tree Of(Lineage lineage)
    {
        var tree = new Tree(Cell.Of($"ModelVersion {lineage.Name}: {lineage.Phase}, {(lineage.Signer == "-" ? "not signed" : $"signed by {lineage.Signer}")}, {lineage.Approvals} approvals{By(lineage.ApprovedBy)}"));
        var from = tree.AddNode(Cell.Of("made from"));
        var sources = from;
        if (lineage.TrainingJob is { } job)
        {
            sources = from.AddNode(Cell.Of($"TrainingJob {job.Name}: {Text(job)}", Look(job.Presence)));
            if (job.ModelVersion is { } made && made != lineage.Name)
                sources.AddNode(Cell.Of($"says that it made {made}, not this version", Bad));
        }
        foreach (var source in lineage.DataSources)
            sources.AddNode(Cell.Of($"DataSource {source.Name}: {Text(source)}", source.IsChanged is true ? Doubtful : Look(source.Presence)));
        foreach (var source in lineage.TrainingJob?.UnnamedSources ?? [])
            sources.AddNode(Cell.Of($"DataSource {source.Name}: read by the job, but not named by the version", Doubtful));
        if (lineage.Source is { } code)
            sources.AddNode(Cell.Of($"source code {code}"));
        if (lineage is { TrainingJob: null, DataSources.Count: 0, Source: null })
            from.AddNode(Cell.Of("nothing that the version names", Doubtful));

        var to = tree.AddNode(Cell.Of("went to"));
        foreach (var service in lineage.Services)
            to.AddNode(Cell.Of($"InferenceService {service.Name}: {service.Role}, {service.Detail}"));
        if (lineage.Services.Count == 0)
            to.AddNode(Cell.Of(lineage.Gaps.Count == 0 ? "no inference service" : "no inference service that may be read", Doubtful));
        foreach (var gap in lineage.Gaps)
            tree.AddNode(Cell.Of($"not seen: {gap}", Doubtful));
        return tree;
    }

    private static string By(IReadOnlyList<string> approvers) => approvers.Count == 0 ? "" : $" ({string.Join(", ", approvers)})";

    private static Style? Look(Presence presence) => presence == Presence.Found ? null : Bad;

    private static string Text(LineageJob job) => job.Presence switch
    {
        Presence.Missing => "missing",
        Presence.Forbidden => "may not be read by you",
        Presence.Unknown => "not among what was read",
        _ => string.Create(CultureInfo.InvariantCulture, $"{job.Phase}, {job.Attempts} {(job.Attempts == 1 ? "attempt" : "attempts")}{(job.Seconds is { } seconds ? $", {Age.Of(TimeSpan.FromSeconds(seconds))}" : "")}"),
    };

    private static string Text(LineageSource source) => (source.Presence, source.IsChanged) switch
    {
        (Presence.Missing, _) => $"{ModelText.ShortDigest(source.DigestThen)} then, missing now",
        (Presence.Forbidden, _) => $"{ModelText.ShortDigest(source.DigestThen)} then, may not be read by you now",
        (Presence.Unknown, _) => $"{ModelText.ShortDigest(source.DigestThen)} then, not among what was read now",
        (_, true) => $"{ModelText.ShortDigest(source.DigestThen)} then, {ModelText.ShortDigest(source.DigestNow)} now: changed",
        (_, false) => $"{ModelText.ShortDigest(source.DigestThen)} then and now: same",
        _ => $"{ModelText.ShortDigest(source.DigestThen)} then, {ModelText.ShortDigest(source.DigestNow)} now: whether it changed cannot be told",
    };
}
