using System.Globalization;

namespace EnterpriseAI.Mutations;

/// <summary>Which tests reach which checks.</summary>
internal sealed class Coverage
{
    private readonly Dictionary<string, double> _milliseconds = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<int>> _reached = new(StringComparer.Ordinal);

    /// <summary>Runs every test once with all checks on.</summary>
    /// <exception cref="InvalidOperationException">A test fails although every check is on, or the tests do not end.</exception>
    public static async Task<Coverage> RecordAsync(string assembly, CancellationToken cancellationToken)
    {
        var (lines, isEnded) = await TestProcess.RunAsync(assembly, off: null, tests: null, TimeSpan.FromMinutes(20), cancellationToken);
        var coverage = new Coverage();
        foreach (var parts in lines.Select(line => line.Split('\t')))
        {
            if (parts is ["reached", var name, var numbers])
                coverage._reached[name] = [.. numbers.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
            else if (parts is ["ran", var failed, "Failed", _])
                throw new InvalidOperationException($"{failed} fails with every check on: mend it first");
            else if (parts is ["ran", var test, _, var took])
                coverage._milliseconds[test] = double.Parse(took, CultureInfo.InvariantCulture);
        }
        return isEnded ? coverage : throw new InvalidOperationException($"the tests of {assembly} did not end within 20 minutes");
    }

    /// <summary>The tests that reach a check, those first that reach the fewest checks and are quick.</summary>
    public IReadOnlyList<string> Of(int check)
    {
        var reaching = _reached.Where(entry => entry.Value.Contains(check)).Select(entry => entry.Key).ToHashSet(StringComparer.Ordinal);
        // What a fixture sets up is reached for each of its tests; what runs outside any test, for all.
        var owners = reaching.Where(name => !_milliseconds.ContainsKey(name)).ToList();
        var isEverywhere = owners.Any(owner => !_milliseconds.Keys.Any(test => IsIn(test, owner)));
        return [.. _milliseconds.Keys
            .Where(test => isEverywhere || reaching.Contains(test) || owners.Any(owner => IsIn(test, owner)))
            .OrderBy(test => _milliseconds[test] > 2000)
            .ThenBy(test => _reached.TryGetValue(test, out var all) ? all.Count : int.MaxValue)
            .ThenBy(test => _milliseconds[test])];
    }

    private static bool IsIn(string test, string owner) => test.StartsWith(owner, StringComparison.Ordinal) && test.Length > owner.Length && test[owner.Length] is '.' or '(';
}
