namespace EnterpriseAI.Mutations;

/// <summary>Checks that no test can notice, each with the reason: second lines of defence, and guards against mistakes in this code.</summary>
internal static class KnownSurvivors
{
    /// <summary>Reads lines of <see cref="Check.Key"/>, a tab and the reason; a line that begins with <c>#</c> is a remark.</summary>
    /// <exception cref="FormatException">A line has no reason.</exception>
    public static async Task<IReadOnlyDictionary<string, string>> LoadAsync(string path, CancellationToken cancellationToken)
    {
        var reasons = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in await File.ReadAllLinesAsync(path, cancellationToken))
        {
            if (line is "" || line.StartsWith('#'))
                continue;
            if (line.Split('\t') is not [var key, { Length: > 0 } reason])
                throw new FormatException($"'{path}': a check, a tab and a reason are needed: '{line}'");
            reasons[key] = reason;
        }
        return reasons;
    }
}
