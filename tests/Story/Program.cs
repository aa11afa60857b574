using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Story;

// The demo: tells the story of samples/penguins on the cluster of this checkout, each line with what was observed.
using var cluster = Cluster.Connect();
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
var token = stop.Token;
var display = new Display();
var story = new PenguinStory(cluster, "penguins", display.Progress);
try
{
    await display.TellAsync("0", "the data, the key and the volumes", async () => { await story.PrepareAsync(token); return "penguins.json lies in the lake"; });
    var heldOut = await HeldOut.SplitAsync(cluster.Root, token);
    await display.TellAsync("1", "DataSource penguins", async () => Describe(await story.ProfileAsync(token)));
    await display.TellAsync("2", "TrainingJob train-penguins: two pods, parameters averaged", async () => Describe(await story.TrainAsync("03-trainingjob.yaml", "train-penguins", token)));
    await display.TellAsync("3", "ModelVersion penguin-species-1.0.0", async () => Describe(await story.ApproveAsync("penguin-species-1.0.0", token)));
    await display.TellAsync("4", "InferenceService penguin-species", async () =>
    {
        var (service, accuracy) = await story.ServeAsync(heldOut, token);
        return $"{service.Status!.Url}/infer answers; {heldOut.Rows.Count} held-out penguins, accuracy {accuracy:0.000} measured through the gateway";
    });
    await display.TellAsync("5", "a worse version as a canary", async () =>
    {
        display.Say(Describe(await story.TrainAsync("06-trainingjob-worse.yaml", "train-penguins-worse", token)));
        display.Say(Describe(await story.ApproveAsync("penguin-species-1.1.0", token)));
        return Describe(await story.RollOutAsync("07-canary-worse.yaml", "penguin-species-1.1.0", heldOut, token));
    });
    await display.TellAsync("6", "a good version goes 5, 25, 50, 100 %", async () =>
    {
        display.Say(Describe(await story.TrainAsync("08-trainingjob-better.yaml", "train-penguins-better", token)));
        display.Say(Describe(await story.ApproveAsync("penguin-species-1.2.0", token)));
        return Describe(await story.RollOutAsync("09-canary-better.yaml", "penguin-species-1.2.0", heldOut, token));
    });
    await display.TellAsync("7", "one byte changed on the volume", async () => (await story.TamperAsync(token)).Status!.Conditions.First(c => c.Type == "Verified") is var c ? $"refused: {c.Reason}: {c.Message}" : "");
    await display.TellAsync("8", "CompliancePolicy research-baseline", async () => Describe(await story.JudgeAsync(token)));
    await display.TellAsync("9", "the audit log", async () =>
    {
        foreach (var (index, entry) in await story.AuditAsync(token))
            display.Say($"{index,4}  {entry.Time:HH:mm:ss}  {entry.Action,-24} {entry.Resource.Kind}/{entry.Resource.Name}");
        var (verified, found) = await story.VerifyAuditAsync(token);
        return $"{verified}\n     after one flipped byte: {found}";
    });
    Console.WriteLine($"\nThe story took {display.Elapsed.TotalSeconds:0} s. Look around: kubectl --kubeconfig {cluster.Kubeconfig} -n penguins get dsrc,tj,mv,inf,cpol");
    return 0;
}
catch (StoryException e)
{
    Console.Error.WriteLine($"\nThe story stops: {e.Message}\nSee: kubectl --kubeconfig {cluster.Kubeconfig} -n penguins describe dsrc,tj,mv,inf; kubectl -n {Cluster.SystemNamespace} logs deployment/enterpriseai-operator");
    return 1;
}

static string Describe(object observed) => observed switch
{
    DataSource { Status: { } s } => string.Create(CultureInfo.InvariantCulture, $"{s.Phase}: {s.Snapshot?.Rows} rows, {s.Snapshot?.Digest}, completeness {s.Quality?.Dimensions?.Completeness:0.000}, quality {s.Quality?.Score:0.000}; columns {string.Join(", ", s.Schema?.Columns.Select(c => $"{c.Name} {c.Type}") ?? [])}"),
    TrainingJob { Status: { } s } => $"{s.Phase}: {s.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Message}; {string.Join(", ", s.Roles.Select(r => $"{r.Value.Succeeded} {r.Key}s succeeded"))}",
    ModelVersion { Status: { } s } => $"{s.Phase}: {s.Conditions.FirstOrDefault(c => c.Type == "Ready")?.Message}; key {s.Signer?.KeyId}",
    (InferenceService { Status: { } s }, IReadOnlyDictionary<string, (long Requests, long Errors)> { Count: 0 }) => $"told before: {s.Stable?.ModelVersion} serves",
    (InferenceService { Status: { } s }, IReadOnlyDictionary<string, (long Requests, long Errors)> clients) =>
        $"{s.LastRollout?.Outcome}: {s.LastRollout?.Reason}; the candidate got {s.LastRollout?.Requests} requests; clients saw {string.Join(", ", clients.Select(c => $"{c.Value.Errors} errors in {c.Value.Requests} answers of {(c.Key == s.Stable?.Revision ? "the serving revision" : c.Key == s.LastRollout?.Revision ? "the candidate" : c.Key == "none" ? "no revision" : "the earlier revision")}"))}",
    CompliancePolicy { Status: { } s } => string.Create(CultureInfo.InvariantCulture, $"score {s.Score:0.000}; {s.Summary?.Pass} pass, {s.Summary?.Fail} fail, {s.Summary?.Warn} warn, {s.Summary?.Error} not assessable, {s.Summary?.Skip} do not apply")
        + string.Concat(s.Violations.Take(5).Select(v => $"\n      {v.Severity} {v.Control} {v.Resource?.Kind}/{v.Resource?.Name}: {v.Message}; to do: {v.Remediation}")),
    _ => observed.ToString() ?? "",
};
