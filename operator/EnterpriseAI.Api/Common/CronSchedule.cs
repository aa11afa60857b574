using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace EnterpriseAI.Api;

/// <summary>
/// Times given by a cron expression of five fields, in UTC: minute, hour, day of month, month, day of week (0 or 7 is Sunday),
/// each <c>*</c>, a number, a range, a list of them, with an optional step; months and days of the week also by name.
/// </summary>
/// <remarks>When both day fields are restricted, a day that fits either is meant, as in crontab(5).</remarks>
public sealed class CronSchedule
{
    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    private static readonly string[] Weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

    private readonly ulong _minutes;
    private readonly ulong _hours;
    private readonly ulong _days;
    private readonly ulong _months;
    private readonly ulong _weekdays;
    private readonly bool _eitherDay;

    private CronSchedule(ulong[] fields, bool eitherDay)
    {
        (_minutes, _hours, _days, _months, _weekdays) = (fields[0], fields[1], fields[2], fields[3], fields[4]);
        _eitherDay = eitherDay;
    }

    /// <summary>Reads an expression without throwing.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="schedule">The schedule, when the result is true.</param>
    /// <param name="error">What is wrong and what is allowed, when the result is false.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CronSchedule? schedule, [NotNullWhen(false)] out string? error)
    {
        schedule = null;
        var parts = (text ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != 5)
        {
            error = $"'{text}' has {parts.Length} fields; a schedule has five: minute, hour, day of month, month and day of week, such as '0 * * * *'";
            return false;
        }

        (string What, int Low, int High, string[] Names)[] fields =
            [("minute", 0, 59, []), ("hour", 0, 23, []), ("day of month", 1, 31, []), ("month", 1, 12, Months), ("day of week", 0, 7, Weekdays)];
        var sets = new ulong[5];
        for (var i = 0; i < 5; i++)
        {
            if (Field(parts[i], fields[i].Low, fields[i].High, fields[i].Names) is not { } set)
            {
                error = $"'{parts[i]}' is not a {fields[i].What}: use *, numbers from {fields[i].Low} to {fields[i].High}, ranges, lists and steps";
                return false;
            }

            sets[i] = set;
        }

        if ((sets[4] & (1UL << 7)) != 0)
            sets[4] |= 1;
        error = null;
        schedule = new CronSchedule(sets, parts[2][0] != '*' && parts[4][0] != '*');
        return true;
    }

    /// <summary>The first time after another.</summary>
    /// <param name="time">The time to begin after.</param>
    /// <returns>The time in UTC, or null when there is none within eight years, as for February 30.</returns>
    public DateTimeOffset? NextAfter(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        var next = new DateTime(utc.Year, utc.Month, utc.Day, utc.Hour, utc.Minute, 0, DateTimeKind.Utc).AddMinutes(1);
        // Eight years, because a leap day may be skipped at the turn of a century.
        for (var end = next.AddYears(8); next < end;)
        {
            if (!Has(_months, next.Month))
                next = new DateTime(next.Year, next.Month, 1, 0, 0, 0, DateTimeKind.Utc).AddMonths(1);
            else if (!DayFits(next))
                next = next.Date.AddDays(1);
            else if (!Has(_hours, next.Hour))
                next = next.Date.AddHours(next.Hour + 1);
            else if (!Has(_minutes, next.Minute))
                next = next.AddMinutes(1);
            else
                return new DateTimeOffset(next, TimeSpan.Zero);
        }

        return null;
    }

    /// <summary>The last time at or before <paramref name="time"/> that the schedule names, in UTC; null when none lies within eight years.</summary>
    public DateTimeOffset? LastAtOrBefore(DateTimeOffset time)
    {
        var utc = time.UtcDateTime;
        var minute = utc.Hour * 60 + utc.Minute;
        for (var (day, first) = (DateTime.SpecifyKind(utc.Date, DateTimeKind.Utc), utc.Date.AddYears(-8)); day > first; day = day.AddDays(-1), minute = 24 * 60 - 1)
        {
            if (!Has(_months, day.Month) || !DayFits(day))
                continue;
            for (; minute >= 0; minute--)
            {
                if (Has(_hours, minute / 60) && Has(_minutes, minute % 60))
                    return new DateTimeOffset(day.AddMinutes(minute), TimeSpan.Zero);
            }
        }

        return null;
    }

    private bool DayFits(DateTime time)
    {
        var (day, weekday) = (Has(_days, time.Day), Has(_weekdays, (int)time.DayOfWeek));
        return _eitherDay ? day || weekday : day && weekday;
    }

    private static bool Has(ulong set, int value) => (set & (1UL << value)) != 0;

    private static ulong? Field(string text, int low, int high, string[] names)
    {
        ulong set = 0;
        foreach (var part in text.Split(','))
        {
            var pieces = part.Split('/');
            var step = 1;
            if (pieces.Length > 2 || (pieces.Length == 2 && (Number(pieces[1]) is not { } given || (step = given) is < 1 or > 60)))
                return null;
            if (Bounds(pieces[0], low, high, names, open: pieces.Length == 2) is not { } bounds || bounds.From > bounds.To)
                return null;
            for (var value = bounds.From; value <= bounds.To; value += step)
                set |= 1UL << value;
        }

        return set;
    }

    // A single number with a step, as in 5/15, runs to the end.
    private static (int From, int To)? Bounds(string text, int low, int high, string[] names, bool open)
    {
        if (text == "*")
            return (low, high);
        var ends = text.Split('-');
        if (ends.Length > 2 || Value(ends[0], low, high, names) is not { } from || Value(ends[^1], low, high, names) is not { } to)
            return null;
        return ends.Length == 1 && open ? (from, high) : (from, to);
    }

    private static int? Value(string text, int low, int high, string[] names)
    {
        var named = Array.FindIndex(names, name => name.Equals(text, StringComparison.OrdinalIgnoreCase));
        if (named >= 0)
            return named + low;
        return Number(text) is { } number && number >= low && number <= high ? number : null;
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
