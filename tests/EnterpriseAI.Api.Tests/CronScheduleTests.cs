using System.Globalization;

namespace EnterpriseAI.Api.Tests;

public sealed class CronScheduleTests
{
    [TestCase("0 * * * *", "2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z")]
    [TestCase("*/15 * * * *", "2026-11-21T08:01:30Z", "2026-11-21T08:15:00Z")]
    [TestCase("5/20 * * * *", "2026-11-21T08:45:00Z", "2026-11-21T09:05:00Z")]
    [TestCase("30 2 * * *", "2026-12-31T02:30:00Z", "2027-01-01T02:30:00Z")]
    [TestCase("0 0 29 2 *", "2026-03-01T00:00:00Z", "2028-02-29T00:00:00Z")]
    [TestCase("0 6 * * mon-fri", "2026-11-20T06:00:00Z", "2026-11-23T06:00:00Z")]
    [TestCase("0 6 * * 7", "2026-11-20T06:00:00Z", "2026-11-22T06:00:00Z")]
    [TestCase("0 0 13 * 5", "2026-11-21T00:00:00Z", "2026-11-27T00:00:00Z")]
    [TestCase("0 0 1 JAN,jul *", "2026-11-21T00:00:00Z", "2027-01-01T00:00:00Z")]
    public void The_next_time_is_found(string expression, string after, string next)
    {
        Assert.That(CronSchedule.TryParse(expression, out var schedule, out _), Is.True);
        Assert.That(schedule!.NextAfter(Time(after)), Is.EqualTo(Time(next)));
    }

    [Test]
    public void A_day_that_never_comes_has_no_time()
    {
        Assert.That(CronSchedule.TryParse("0 0 30 2 *", out var schedule, out _), Is.True);
        Assert.That(schedule!.NextAfter(Time("2026-11-21T08:00:00Z")), Is.Null);
    }

    [TestCase(null, "0 fields")]
    [TestCase("hourly", "1 fields")]
    [TestCase("60 * * * *", "'60' is not a minute")]
    [TestCase("* 24 * * *", "'24' is not a hour")]
    [TestCase("* * 0 * *", "'0' is not a day of month")]
    [TestCase("* * * 13 *", "'13' is not a month")]
    [TestCase("* * * * 8", "'8' is not a day of week")]
    [TestCase("*/0 * * * *", "'*/0' is not a minute")]
    [TestCase("5-1 * * * *", "'5-1' is not a minute")]
    [TestCase("1,,2 * * * *", "'1,,2' is not a minute")]
    [TestCase("-1 * * * *", "'-1' is not a minute")]
    public void A_malformed_expression_is_refused_with_the_field(string? expression, string message)
    {
        Assert.That(CronSchedule.TryParse(expression, out _, out var error), Is.False);
        Assert.That(error, Does.Contain(message));
    }

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    [TestCase("0 * * * *", "2026-11-21T12:34:56Z", "2026-11-21T12:00:00Z")]
    [TestCase("0 * * * *", "2026-11-21T12:00:00Z", "2026-11-21T12:00:00Z")]
    [TestCase("30 23 * * *", "2026-11-21T12:00:00Z", "2026-11-20T23:30:00Z")]
    [TestCase("0 0 29 2 *", "2026-11-21T12:00:00Z", "2024-02-29T00:00:00Z")]
    [TestCase("0 9 * * mon", "2026-11-21T12:00:00Z", "2026-11-16T09:00:00Z")]
    public void The_last_time_is_at_or_before_now(string expression, string now, string expected)
    {
        Assert.That(CronSchedule.TryParse(expression, out var schedule, out _), Is.True);
        Assert.That(schedule!.LastAtOrBefore(DateTimeOffset.Parse(now, CultureInfo.InvariantCulture)), Is.EqualTo(DateTimeOffset.Parse(expected, CultureInfo.InvariantCulture)));
    }
}
