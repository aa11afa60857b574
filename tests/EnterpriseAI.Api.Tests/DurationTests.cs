using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Api.Tests;

public sealed class DurationTests
{
    [TestCase("500ms", 0.5)]
    [TestCase("2ms", 0.002)]
    [TestCase("30s", 30)]
    [TestCase("10m", 600)]
    [TestCase("1h30m", 5400)]
    [TestCase("24h", 86400)]
    [TestCase("1.5h", 5400)]
    [TestCase("365d", 365 * 86400.0)]
    [TestCase("7y", 7 * 365 * 86400.0)]
    [TestCase("0s", 0)]
    public void A_duration_is_read(string text, double seconds)
    {
        var duration = Duration.Parse(text);

        Assert.That(duration.ToTimeSpan().TotalSeconds, Is.EqualTo(seconds).Within(1e-9));
        Assert.That(duration.ToString(), Is.EqualTo(text));
        Assert.That(Regex.IsMatch(text, Duration.Pattern), Is.True);
    }

    [TestCase("")]
    [TestCase("30")]
    [TestCase("s")]
    [TestCase("-1s")]
    [TestCase("1 s")]
    [TestCase("1w")]
    [TestCase("1S")]
    [TestCase("1.s")]
    [TestCase("1s\n")]
    [TestCase("1e3s")]
    [TestCase("٣s")]
    public void What_is_no_duration_is_refused_with_what_is_allowed(string text)
    {
        Assert.That(() => Duration.Parse(text), Throws.InstanceOf<FormatException>().With.Message.Contains($"'{text}' is not a duration: use numbers with a unit"));
        Assert.That(new Duration(text).IsValid, Is.False);
    }

    [Test]
    public void A_duration_beyond_the_range_of_time_is_refused()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(() => Duration.Parse("999999999y"), Throws.InstanceOf<FormatException>().With.Message.Contains("too long"));
            // What holds so long from now on must end at a time that there is.
            Assert.That(() => Duration.Parse("1000y1ms"), Throws.InstanceOf<FormatException>().With.Message.Contains("at most 1000y"));
            Assert.That(() => TimeProvider.System.GetUtcNow() + Duration.Parse("1000y").ToTimeSpan(), Throws.Nothing);
        }
    }

    [Test]
    public void An_unset_duration_is_not_valid_and_does_not_crash()
    {
        Assert.That(default(Duration).IsValid, Is.False);
        Assert.That(default(Duration).ToString(), Is.Empty);
        Assert.That(() => default(Duration).ToTimeSpan(), Throws.InstanceOf<FormatException>());
    }

    [Test]
    public void A_length_of_time_survives_its_text() =>
        Prop.ForAll(
            ArbMap.Default.ArbFor<uint>(),
            milliseconds => Duration.From(TimeSpan.FromMilliseconds(milliseconds)).ToTimeSpan() == TimeSpan.FromMilliseconds(milliseconds))
        .QuickCheckThrowOnFailure();

    [Test]
    public void Random_text_never_throws_and_agrees_with_the_pattern_of_the_schema()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        const string alphabet = "0123456789.smhdy -+x";
        for (var i = 0; i < 20_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(12)).Select(_ => alphabet[random.Next(alphabet.Length)])]);
            var read = Duration.TryParse(text, out _, out var error);
            var tooLong = error?.Contains("too long", StringComparison.Ordinal) is true;
            Assert.That(read || tooLong, Is.EqualTo(Regex.IsMatch(text, Duration.Pattern)), text);
        }
    }

    [Test]
    public void Json_keeps_the_text()
    {
        var read = JsonSerializer.Deserialize("\"90m\"", ApiJsonContext.Default.Duration);

        Assert.That(read, Is.EqualTo(new Duration("90m")));
        Assert.That(JsonSerializer.Serialize(read, ApiJsonContext.Default.Duration), Is.EqualTo("\"90m\""));
    }
}
