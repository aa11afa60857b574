using System.Globalization;

namespace EnterpriseAI.Cli.Models;

/// <summary>Lengths of time and moments as people read them.</summary>
internal static class Age
{
    /// <summary>A length as kubectl writes it: two units where the larger one alone would be too coarse.</summary>
    public static string Of(TimeSpan length)
    {
        if (length < TimeSpan.Zero)
            return "0s";
        var (days, years) = (length.Days, length.Days / 365);
        return length switch
        {
            { TotalMinutes: < 2 } => Text($"{(int)length.TotalSeconds}s"),
            { TotalMinutes: < 10 } => Text($"{length.Minutes}m", length.Seconds, "s"),
            { TotalHours: < 3 } => Text($"{(int)length.TotalMinutes}m"),
            { TotalHours: < 8 } => Text($"{length.Hours}h", length.Minutes, "m"),
            { TotalHours: < 48 } => Text($"{(int)length.TotalHours}h"),
            { TotalDays: < 8 } => Text($"{days}d", length.Hours, "h"),
            _ when years < 2 => Text($"{days}d"),
            _ when years < 8 => Text($"{years}y", days % 365, "d"),
            _ => Text($"{years}y"),
        };
    }

    /// <summary>The age of what happened at a moment.</summary>
    public static string Since(DateTimeOffset? moment, DateTimeOffset now) => moment is { } then ? Of(now - then) : "<unknown>";

    /// <summary>A moment before or after now, such as <c>3h ago</c> or <c>in 3h</c>.</summary>
    public static string Relative(DateTimeOffset moment, DateTimeOffset now) => moment > now ? $"in {Of(moment - now)}" : $"{Of(now - moment)} ago";

    /// <summary>A moment in UTC, and how far it is.</summary>
    public static string Full(DateTimeOffset moment, DateTimeOffset now) =>
        $"{moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)}Z ({Relative(moment, now)})";

    private static string Text(FormattableString first, int rest = 0, string unit = "") =>
        FormattableString.Invariant(first) + (rest == 0 ? "" : rest.ToString(CultureInfo.InvariantCulture) + unit);
}
