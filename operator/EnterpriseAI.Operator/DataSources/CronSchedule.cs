using System.Globalization;

namespace EnterpriseAI.Operator.DataSources;

/// <summary>
/// A schedule in the five fields of crontab(5): minute, hour, day of month, month, day of week, in UTC.
/// Understands <c>*</c>, numbers, ranges <c>a-b</c>, lists <c>a,b</c> and steps <c>*/n</c>, <c>a-b/n</c>;
/// day of week 0 and 7 are both Sunday. When both day fields are restricted, either may match, as in cron.
/// </summary>
public sealed class CronSchedule
{
    private static readonly (string Name, int Minimum, int Maximum)[] Fields =
    [
        ("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7),
    ];

    // Leap days make the rarest valid schedule (29 February) come round within eight years (1896-1904, 2096-2104).
    private const int SearchHorizonDays = 8 * 366 + 1;

    private readonly ulong[] _allowed;
    private readonly bool _anyDayOfMonth;
    private readonly bool _anyDayOfWeek;

    private CronSchedule(ulong[] allowed, bool anyDayOfMonth, bool anyDayOfWeek)
    {
        _allowed = allowed;
        _anyDayOfMonth = anyDayOfMonth;
        _anyDayOfWeek = anyDayOfWeek;
    }

    /// <exception cref="FormatException">The text is not a schedule; the message names the field and what is allowed.</exception>
    public static CronSchedule Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length != Fields.Length)
            throw new FormatException($"'{text}' has {parts.Length} fields; a schedule has five: minute hour day-of-month month day-of-week");

        var allowed = new ulong[Fields.Length];
        for (var i = 0; i < Fields.Length; i++)
            allowed[i] = ParseField(parts[i], Fields[i]);

        const int dayOfWeek = 4;
        if ((allowed[dayOfWeek] & (1UL << 7)) != 0)
            allowed[dayOfWeek] |= 1;

        return new CronSchedule(allowed, parts[2].StartsWith('*'), parts[dayOfWeek].StartsWith('*'));
    }

    /// <summary>The last time at or before <paramref name="now"/> that the schedule names, or null when none lies within eight years.</summary>
    public DateTimeOffset? AtOrBefore(DateTimeOffset now) => Search(TruncateToMinute(now.ToUniversalTime()), -1);

    /// <summary>The first time after <paramref name="now"/> that the schedule names, or null when none lies within eight years.</summary>
    public DateTimeOffset? After(DateTimeOffset now) => Search(TruncateToMinute(now.ToUniversalTime()).AddMinutes(1), +1);

    private DateTimeOffset? Search(DateTimeOffset start, int direction)
    {
        var day = start.Date;
        for (var n = 0; n < SearchHorizonDays; n++, day = day.AddDays(direction))
        {
            if (!DayMatches(day))
                continue;
            var minute = n == 0 ? start.Hour * 60 + start.Minute : direction > 0 ? 0 : 24 * 60 - 1;
            for (; minute is >= 0 and < 24 * 60; minute += direction)
            {
                if (Allows(1, minute / 60) && Allows(0, minute % 60))
                    return new DateTimeOffset(day, TimeSpan.Zero).AddMinutes(minute);
            }
        }
        return null;
    }

    private bool DayMatches(DateTime day)
    {
        if (!Allows(3, day.Month))
            return false;
        var byMonth = Allows(2, day.Day);
        var byWeek = Allows(4, (int)day.DayOfWeek);
        return _anyDayOfMonth || _anyDayOfWeek ? byMonth && byWeek : byMonth || byWeek;
    }

    private bool Allows(int field, int value) => (_allowed[field] & (1UL << value)) != 0;

    private static ulong ParseField(string text, (string Name, int Minimum, int Maximum) field)
    {
        var allowed = 0UL;
        foreach (var item in text.Split(','))
        {
            var slash = item.IndexOf('/');
            var range = slash < 0 ? item : item[..slash];
            var step = slash < 0 ? 1 : Number(item[(slash + 1)..], field, 1);
            int first, last;
            if (range == "*")
                (first, last) = (field.Minimum, field.Maximum);
            else if (range.IndexOf('-') is var dash and > 0)
                (first, last) = (Number(range[..dash], field, field.Minimum), Number(range[(dash + 1)..], field, field.Minimum));
            else
                (first, last) = (Number(range, field, field.Minimum), slash < 0 ? Number(range, field, field.Minimum) : field.Maximum);
            if (first > last)
                throw Invalid(text, field);
            for (var value = first; value <= last; value += step)
                allowed |= 1UL << value;
        }
        return allowed;
    }

    private static int Number(string text, (string Name, int Minimum, int Maximum) field, int minimum) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= minimum && value <= field.Maximum
            ? value
            : throw Invalid(text, field);

    private static FormatException Invalid(string text, (string Name, int Minimum, int Maximum) field) =>
        new($"'{text}' is not a valid {field.Name}; allowed: {field.Minimum} to {field.Maximum}, *, a-b, a,b and /step");

    private static DateTimeOffset TruncateToMinute(DateTimeOffset time) => new(time.Ticks - time.Ticks % TimeSpan.TicksPerMinute, TimeSpan.Zero);
}
