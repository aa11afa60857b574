namespace EnterpriseAI.Mutations;

/// <summary>What came of switching one check off.</summary>
/// <param name="Check">The check.</param>
/// <param name="NoticedBy">The first test that failed; null when none did.</param>
/// <param name="Ran">How many tests reach it.</param>
/// <param name="IsEndless">True when the tests did not end without it, which is noticed too.</param>
internal sealed record Trial(Check Check, string? NoticedBy, int Ran, bool IsEndless)
{
    private const int First = 24;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(90);

    /// <summary>Tries one check: first the tests that are most about it, then all others that reach it.</summary>
    public static async Task<Trial> RunAsync(Check check, string assembly, IReadOnlyList<string> tests, CancellationToken cancellationToken)
    {
        foreach (var batch in new[] { tests.Take(First), tests.Skip(First) }.Select(names => names.ToList()).Where(names => names.Count > 0))
        {
            var (lines, isEnded) = await TestProcess.RunAsync(assembly, check.Number, batch, s_limit, cancellationToken);
            if (lines.Select(line => line.Split('\t')).FirstOrDefault(parts => parts is ["failed", _]) is { } failed)
                return new Trial(check, failed[1], tests.Count, IsEndless: false);
            if (!isEnded)
                return new Trial(check, null, tests.Count, IsEndless: true);
        }
        return new Trial(check, null, tests.Count, IsEndless: false);
    }
}
