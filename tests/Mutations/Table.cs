using System.Globalization;
using System.Text;

namespace EnterpriseAI.Mutations;

/// <summary>The outcome as people read it.</summary>
internal static class Table
{
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
