using System.Text.RegularExpressions;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>A version as the name of its folder: a whole number or a semantic version, compared by semantic versioning's precedence.</summary>
internal sealed partial class VersionName : IComparable<VersionName>
{
    private const int MaxCharacters = 128;

    private readonly ulong[] _numbers;
    private readonly string[] _preRelease;

    private VersionName(string text, ulong[] numbers, string[] preRelease) => (Text, _numbers, _preRelease) = (text, numbers, preRelease);

    public string Text { get; }

    /// <summary>Null for any other name, which so cannot be a path either.</summary>
    public static VersionName? Parse(string text)
    {
        if (text.Length > MaxCharacters || Pattern().Match(text) is not { Success: true } match)
            return null;
        ulong[] numbers = [.. match.Groups["number"].Captures.Select(static number => ulong.Parse(number.ValueSpan))];
        return new VersionName(text, numbers, match.Groups["pre"] is { Success: true } pre ? pre.Value.Split('.') : []);
    }

    public int CompareTo(VersionName? other)
    {
        if (other is null)
            return 1;
        for (var i = 0; i < 3; i++)
        {
            var order = _numbers.ElementAtOrDefault(i).CompareTo(other._numbers.ElementAtOrDefault(i));
            if (order != 0)
                return order;
        }
        var pre = ComparePreRelease(other);
        // What precedence leaves open, the spelling decides: 1, 1.0.0 and 1.0.0+build.
        return pre != 0 ? pre : string.CompareOrdinal(Text, other.Text);
    }

    private int ComparePreRelease(VersionName other)
    {
        // A release comes after its pre-releases.
        if (_preRelease.Length == 0 || other._preRelease.Length == 0)
            return other._preRelease.Length.CompareTo(_preRelease.Length);
        foreach (var (one, two) in _preRelease.Zip(other._preRelease))
        {
            var order = (ulong.TryParse(one, out var left), ulong.TryParse(two, out var right)) switch
            {
                (true, true) => left.CompareTo(right),
                (true, false) => -1,
                (false, true) => 1,
                _ => string.CompareOrdinal(one, two),
            };
            if (order != 0)
                return order;
        }
        return _preRelease.Length.CompareTo(other._preRelease.Length);
    }

    public override string ToString() => Text;

    [GeneratedRegex(@"\A(?<number>0|[1-9][0-9]{0,17})(\.(?<number>0|[1-9][0-9]{0,17})\.(?<number>0|[1-9][0-9]{0,17})(-(?<pre>[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*))?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?)?\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
