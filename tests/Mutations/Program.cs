using EnterpriseAI.Mutations;

// Switches every check of the supply chain off in turn, and tells which test notices.
if (args is ["host", var tested, var switched, var extent])
{
    var names = extent == "all" ? null : (await Console.In.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);
    TestHost.Run(tested, switched == "none" ? null : int.Parse(switched, System.Globalization.CultureInfo.InvariantCulture), names);
    return 0;
}
if (args is not [var checkout, .. var wanted] || wanted.Any(name => Suite.All.All(suite => suite.Name != name)))
{
    Console.Error.WriteLine($"usage: mutations CHECKOUT [{string.Join('|', Suite.All.Select(suite => suite.Name))}]...");
    return 2;
}

checkout = Path.GetFullPath(checkout);
var output = Path.Combine(checkout, "artifacts", "mutations");
var suites = Suite.All.Where(suite => wanted.Length == 0 || wanted.Contains(suite.Name)).ToList();
var reasons = await KnownSurvivors.LoadAsync(Path.Combine(checkout, "tests", "Mutations", "known-survivors.tsv"), default);
var tree = await InstrumentedTree.CreateAsync(checkout, suites, default);
var coverages = new Dictionary<string, Coverage>(StringComparer.Ordinal);
var isClean = true;
foreach (var suite in suites)
{
    if (!coverages.TryGetValue(suite.Tests, out var coverage))
    {
        Console.WriteLine($"every test of {suite.Tests} with all checks on");
        coverages[suite.Tests] = coverage = await Coverage.RecordAsync(tree.Assembly(suite.Tests), default);
    }

    var checks = tree.Checks.Where(check => suite.Has(check.File)).ToList();
    var trials = new Trial[checks.Count];
    var done = 0;
    // What no test reaches is told at once, and what every test reaches last.
    await Parallel.ForEachAsync(Enumerable.Range(0, checks.Count).OrderBy(i => coverage.Of(checks[i].Number).Count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (i, cancellationToken) =>
    {
        trials[i] = await Trial.RunAsync(checks[i], tree.Assembly(suite.Tests), coverage.Of(checks[i].Number), cancellationToken);
        var outcome = trials[i] switch { { NoticedBy: { } test } => test, { IsEndless: true } => "endless", var trial => $"NOBODY of {trial.Ran}" };
        Console.WriteLine($"{suite.Name} {Interlocked.Increment(ref done)}/{checks.Count}: {checks[i].Key} -> {outcome}");
    });
    isClean &= trials.All(trial => trial is not { NoticedBy: null, IsEndless: false } || reasons.ContainsKey(trial.Check.Key));
    await File.WriteAllTextAsync(Path.Combine(output, $"{suite.Name}.md"), Table.Of(suite, trials, reasons));
}
// Each part stands for itself: one that was run again takes its place among the others.
var parts = Suite.All.Select(suite => Path.Combine(output, $"{suite.Name}.md")).ToList();
if (parts.All(File.Exists))
    await File.WriteAllTextAsync(Path.Combine(checkout, "docs", "supply-chain-mutations.md"), Table.Header + string.Concat(parts.Select(File.ReadAllText)));
return isClean ? 0 : 1;
