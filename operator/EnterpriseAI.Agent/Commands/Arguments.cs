using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Commands;

/// <summary>Options whose errors name the option, the value and what is allowed.</summary>
internal static partial class Arguments
{
    public static Option<string> RequiredText(string name, string placeholder, string description)
        => new(name) { Description = description, HelpName = placeholder, Required = true };

    public static Option<string?> Text(string name, string placeholder, string description)
        => new(name) { Description = description, HelpName = placeholder };

    public static Option<bool> Flag(string name, string description) => new(name) { Description = description };

    public static Option<long> WholeNumber(string name, string description, long standard, long least, long most) => new(name)
    {
        Description = description,
        HelpName = "N",
        DefaultValueFactory = _ => standard,
        CustomParser = result => long.TryParse(Word(result), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : Refuse<long>(result, name, $"a whole number from {least} to {most}"),
    };

    /// <summary>A number above <paramref name="least"/> and below or at <paramref name="most"/>.</summary>
    public static Option<double> Number(string name, string description, double standard, double least, double most) => new(name)
    {
        Description = description,
        HelpName = "X",
        DefaultValueFactory = _ => standard,
        CustomParser = result => double.TryParse(Word(result), NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value > least && value <= most
            ? value
            : Refuse<double>(result, name, string.Create(CultureInfo.InvariantCulture, $"a number above {least} and at most {most}")),
    };

    /// <summary>Null when left out; help shows no default of its own, because it would not write it as it is to be given.</summary>
    public static Option<TimeSpan?> Duration(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        CustomParser = result => Parse(Word(result)) is { } value
            ? value
            : Refuse<TimeSpan?>(result, name, "a duration from 1ms to 24h such as 500ms, 30s, 2m or 1h"),
    };

    public static Option<TEnum> Choice<TEnum>(string name, string description, TEnum standard)
        where TEnum : struct, Enum => new(name)
        {
            Description = description,
            HelpName = string.Join('|', Enum.GetNames<TEnum>()),
            DefaultValueFactory = _ => standard,
            CustomParser = result => Enum.GetNames<TEnum>().FirstOrDefault(known => known.Equals(Word(result), StringComparison.OrdinalIgnoreCase)) is { } known
                ? Enum.Parse<TEnum>(known)
                : Refuse<TEnum>(result, name, string.Join(", ", Enum.GetNames<TEnum>())),
        };

    public static Option<ModelDigest?> Digest(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "sha256:HEX",
        CustomParser = result => ModelDigest.TryParse(Word(result), out var digest)
            ? digest
            : Refuse<ModelDigest?>(result, name, "'sha256:' and 64 lower-case hexadecimal digits"),
    };

    private static string Word(ArgumentResult result) => result.Tokens.Count == 1 ? result.Tokens[0].Value : string.Empty;

    private static T? Refuse<T>(ArgumentResult result, string name, string allowed)
    {
        result.AddError($"{name}: '{Word(result)}' is not allowed, allowed is {allowed}");
        return default;
    }

    private static TimeSpan? Parse(string text)
    {
        var match = DurationShape.Match(text);
        if (!match.Success)
        {
            return null;
        }

        var amount = long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        var duration = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(amount),
            "s" => TimeSpan.FromSeconds(amount),
            "m" => TimeSpan.FromMinutes(amount),
            _ => TimeSpan.FromHours(amount),
        };
        return duration >= TimeSpan.FromMilliseconds(1) && duration <= TimeSpan.FromHours(24) ? duration : null;
    }

    [GeneratedRegex(@"\A([0-9]{1,8})(ms|s|m|h)\z")]
    private static partial Regex DurationShape { get; }
}
