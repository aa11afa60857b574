using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api;

/// <summary>
/// A length of time as people write it in a manifest: one or more whole or decimal numbers, each with a unit, such as
/// <c>500ms</c>, <c>30s</c>, <c>1h30m</c>, <c>365d</c> or <c>7y</c>. A day has 24 hours, a year 365 days.
/// </summary>
/// <remarks>
/// Guarantees: the text is kept as written. Reading JSON never fails on a malformed text, so that one bad object cannot
/// stop a list from being read; <see cref="SpecValidation"/> reports it and <see cref="ToTimeSpan"/> throws.
/// </remarks>
/// <param name="Text">The text as written, such as <c>30s</c>.</param>
[JsonConverter(typeof(DurationJsonConverter))]
public readonly partial record struct Duration(string Text)
{
    /// <summary>The syntax as a regular expression (RE2), used in the resource definitions.</summary>
    public const string Pattern = @"^([0-9]{1,9}(\.[0-9]{1,9})?(ms|s|m|h|d|y))+$";

    // Added to a time of today it must stay a time.
    private const int MostYears = 1000;

    private const string Allowed = "use numbers with a unit of ms, s, m, h, d or y, such as 500ms, 30s, 1h30m, 365d or 7y";

    /// <summary>Reads a duration.</summary>
    /// <exception cref="FormatException">The text is no duration; the message quotes it and says what is allowed.</exception>
    public static Duration Parse(string text) =>
        TryParse(text, out var duration, out var error) ? duration : throw new FormatException(error);

    /// <summary>Reads a duration without throwing.</summary>
    /// <param name="text">The text.</param>
    /// <param name="duration">The duration, when the result is true.</param>
    /// <param name="error">What is wrong and what is allowed, when the result is false.</param>
    public static bool TryParse([NotNullWhen(true)] string? text, out Duration duration, [NotNullWhen(false)] out string? error)
    {
        duration = default;
        if (!TryMeasure(text, out _, out error))
            return false;
        duration = new Duration(text!);
        return true;
    }

    /// <summary>The shortest text of a length of time, in the largest units that divide it, down to milliseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative.</exception>
    public static Duration From(TimeSpan length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, TimeSpan.Zero);
        string text = "";
        if (length.Days > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"{length.Days}d");
        if (length.Hours > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"{length.Hours}h");
        if (length.Minutes > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"{length.Minutes}m");
        if (length.Seconds > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"{length.Seconds}s");
        if (length.Milliseconds > 0)
            text += string.Create(CultureInfo.InvariantCulture, $"{length.Milliseconds}ms");
        return new Duration(text.Length == 0 ? "0s" : text);
    }

    /// <summary>True when the text can be read.</summary>
    public bool IsValid => TryMeasure(Text, out _, out _);

    /// <summary>The length of time.</summary>
    /// <exception cref="FormatException">The text is no duration; the message quotes it and says what is allowed.</exception>
    public TimeSpan ToTimeSpan() => TryMeasure(Text, out var length, out var error) ? length : throw new FormatException(error);

    /// <summary>The text as written.</summary>
    public override string ToString() => Text ?? "";

    private static bool TryMeasure(string? text, out TimeSpan length, [NotNullWhen(false)] out string? error)
    {
        length = default;
        error = null;
        if (string.IsNullOrEmpty(text) || Whole().Match(text) is not { Success: true } match)
        {
            error = $"'{text}' is not a duration: {Allowed}";
            return false;
        }

        var ticks = 0m;
        var numbers = match.Groups["number"].Captures;
        var units = match.Groups["unit"].Captures;
        for (var i = 0; i < numbers.Count; i++)
            ticks += decimal.Parse(numbers[i].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * TicksPer(units[i].Value);
        if (ticks > MostYears * (decimal)TicksPer("y"))
        {
            error = $"'{text}' is too long a duration: at most {MostYears}y is allowed";
            return false;
        }

        length = TimeSpan.FromTicks((long)ticks);
        return true;
    }

    private static long TicksPer(string unit) => unit switch
    {
        "ms" => TimeSpan.TicksPerMillisecond,
        "s" => TimeSpan.TicksPerSecond,
        "m" => TimeSpan.TicksPerMinute,
        "h" => TimeSpan.TicksPerHour,
        "d" => TimeSpan.TicksPerDay,
        _ => 365 * TimeSpan.TicksPerDay,
    };

    // \z, not $: a line feed at the end is part of the text and no part of a duration.
    [GeneratedRegex(@"\A(?:(?<number>[0-9]{1,9}(?:\.[0-9]{1,9})?)(?<unit>ms|s|m|h|d|y))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}

/// <summary>Reads and writes a <see cref="Duration"/> as a JSON string, without judging its text.</summary>
public sealed class DurationJsonConverter : JsonConverter<Duration>
{
    /// <inheritdoc/>
    public override Duration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        new(reader.TokenType == JsonTokenType.Null ? "" : SharedTextConverter.ReadText(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Duration value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}
