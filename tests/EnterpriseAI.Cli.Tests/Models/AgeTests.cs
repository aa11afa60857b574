using EnterpriseAI.Cli.Models;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class AgeTests
{
    [TestCase("-00:00:05", "0s")]
    [TestCase("00:00:00", "0s")]
    [TestCase("00:01:59", "119s")]
    [TestCase("00:02:00", "2m")]
    [TestCase("00:09:59", "9m59s")]
    [TestCase("00:10:01", "10m")]
    [TestCase("02:59:00", "179m")]
    [TestCase("03:00:00", "3h")]
    [TestCase("07:59:00", "7h59m")]
    [TestCase("08:30:00", "8h")]
    [TestCase("1.23:00:00", "47h")]
    [TestCase("2.00:00:00", "2d")]
    [TestCase("7.23:00:00", "7d23h")]
    [TestCase("8.05:00:00", "8d")]
    [TestCase("729.00:00:00", "729d")]
    [TestCase("730.00:00:00", "2y")]
    [TestCase("1000.00:00:00", "2y270d")]
    [TestCase("4000.00:00:00", "10y")]
    public void A_length_of_time_is_written_as_kubectl_does(string length, string written) =>
        Assert.That(Age.Of(TimeSpan.Parse(length)), Is.EqualTo(written));

    [Test]
    public void A_moment_is_before_or_after_now()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Assert.That(Age.Full(now.AddHours(-5), now), Is.EqualTo("2026-01-01 22:04:05Z (5h ago)"));
        Assert.That(Age.Relative(now.AddDays(3), now), Is.EqualTo("in 3d"));
        Assert.That(Age.Since(null, now), Is.EqualTo("<unknown>"));
    }
}
