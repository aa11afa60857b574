using System.Globalization;
using System.Text;

namespace EnterpriseAI.Mutations;

/// <summary>The outcome as people read it.</summary>
internal static class Table
{
    /// <summary>What stands above the tables.</summary>
    public const string Header = """
        # What notices each check of the supply chain

        Made by `make mutations`; not held up to date by the tests. Each condition that leads to a refusal, each operand of an `||` in one, each
        part of a predicate and each call that only checks is switched off in turn, in a copy of the source, and the tests that reach it run
        again, those first that are most about it; fuzz tests are left out. The test that is named failed then, and passes otherwise. A condition that
        brings a value which is needed afterwards cannot be switched off: there would be nothing to go on with. What no test can notice has the
        reason beside it, from `tests/Mutations/known-survivors.tsv`; anything else that nobody notices fails the run.

        `docs/supply-chain-checks.md` is the other side: for each step of a verification, the bundles that it alone keeps out.


        """;

    /// <summary>One suite's table.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="trials">What came of each check.</param>
    /// <param name="reasons">Why no test can notice a check, by <see cref="Check.Key"/>.</param>
    public static string Of(Suite suite, IReadOnlyList<Trial> trials, IReadOnlyDictionary<string, string> reasons)
    {
        var unnoticed = trials.Count(trial => trial is { NoticedBy: null, IsEndless: false });
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {suite.Title}\n\n{trials.Count} checks were switched off, {trials.Count - unnoticed} of them were noticed.\n\n");
        text.Append("| switched off | where | what is then not said | noticed by |\n|---|---|---|---|\n");
        foreach (var trial in trials)
            text.Append(CultureInfo.InvariantCulture, $"| `{Cell(trial.Check.Text)}` | {Path.GetFileName(trial.Check.File)}, {trial.Check.Member} | {Cell(trial.Check.Refusal)} | {NoticedBy(trial, reasons)} |\n");
        return text.Append('\n').ToString();
    }

    private static string NoticedBy(Trial trial, IReadOnlyDictionary<string, string> reasons) => trial switch
    {
        { NoticedBy: { } test } => Cell(Short(test)),
        { IsEndless: true } => "a test that does not end",
        _ when reasons.TryGetValue(trial.Check.Key, out var reason) => $"nobody: {Cell(reason)}",
        { Ran: 0 } => "**nobody**: no test reaches it",
        _ => string.Create(CultureInfo.InvariantCulture, $"**nobody** of {trial.Ran} tests that reach it"),
    };

    // The class and the test, without the namespace and the arguments.
    private static string Short(string test)
    {
        var bare = test.IndexOf('(') is var open and > 0 ? test[..open] : test;
        return string.Join('.', bare.Split('.')[^2..]);
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
