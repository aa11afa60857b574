namespace EnterpriseAI.Data.Tests;

public sealed class QualityTests
{
    private static readonly DateTimeOffset Now = new(2025, 6, 15, 12, 0, 0, TimeSpan.Zero);

    [TestCase("a > 0", ExpectationOutcome.Passed, 1.0)]
    [TestCase("a > 2", ExpectationOutcome.Failed, 0.5)]
    [TestCase("b > 0 -- a comment at the end", ExpectationOutcome.Passed, 1.0)]
    [TestCase("avg(a) > 2", ExpectationOutcome.Passed, 1.0)]
    [TestCase("\"with \"\"quotes\"\"\" = 'x'", ExpectationOutcome.Passed, 1.0)]
    [TestCase("a > NULL", ExpectationOutcome.Inconclusive, null)]
    [TestCase("a + 1", ExpectationOutcome.Broken, null)]
    [TestCase("missing > 0", ExpectationOutcome.Broken, null)]
    [TestCase("a >", ExpectationOutcome.Broken, null)]
    [TestCase("CAST(\"with \"\"quotes\"\"\" AS INTEGER) = 1", ExpectationOutcome.Broken, null)]
    [TestCase("true) FROM source; DROP TABLE source; SELECT (true", ExpectationOutcome.Broken, null)]
    [TestCase("a > 0, b > 0", ExpectationOutcome.Broken, null)]
    [TestCase("(SELECT count(*) FROM read_text('/etc/passwd')) > 0", ExpectationOutcome.Broken, null)]
    [TestCase("(SELECT count(*) FROM read_csv('/proc/self/environ')) > 0", ExpectationOutcome.Broken, null)]
    [TestCase("(SELECT count(*) FROM glob('/*')) > 0", ExpectationOutcome.Broken, null)]
    [TestCase("", ExpectationOutcome.Broken, null)]
    public async Task An_expectation_is_judged_and_never_throws(string sql, ExpectationOutcome outcome, double? rate)
    {
        using var data = new TestData();
        foreach (var name in new[] { "data.csv", "data.parquet" })
        {
            var path = data.Generate(name, "SELECT * FROM (VALUES (1, 1, 'x'), (2, NULL, 'x'), (3, 2, 'x'), (4, 3, 'x')) t(a, b, \"with \"\"quotes\"\"\")");
            var profile = await TestData.Profile(path, Expect(sql));
            var result = profile.Quality.Expectations[0];
            Assert.That((result.Outcome, result.PassRate), Is.EqualTo((outcome, rate)), result.Message);
            Assert.That(profile.Quality.Met, Is.EqualTo(outcome == ExpectationOutcome.Passed));
            if (outcome != ExpectationOutcome.Passed) Assert.That(result.Message, Is.Not.Empty);
        }
    }

    [Test]
    public async Task A_row_for_which_the_expression_is_NULL_counts_as_neither()
    {
        using var data = new TestData();
        var profile = await TestData.Profile(data.Write("data.csv", "a\n1\n-1\n\"\"\n3\n"), Expect("a > 0"));
        var result = profile.Quality.Expectations[0];
        Assert.That((result.Passed, result.Failed, result.Unknown), Is.EqualTo((2, 1, 1)));
        Assert.That(result.PassRate, Is.EqualTo(2 / 3.0));
    }

    [Test]
    public async Task A_broken_expression_does_not_show_the_value_it_broke_on()
    {
        using var data = new TestData();
        var profile = await TestData.Profile(data.Write("data.csv", "a\nsecret-value\nother\n"), Expect("CAST(a AS INTEGER) > 0"));
        Assert.That(profile.Quality.Expectations[0].Message, Does.Contain("Could not convert").And.Not.Contain("secret-value"));
    }

    [TestCase("2025-06-15 11:00:00", true, 1.0)]
    [TestCase("2025-06-14 12:00:00", true, 1.0)]
    [TestCase("2025-06-13 12:00:00", false, 0.5)]
    public async Task Timeliness_is_one_until_maxAge_and_falls_with_the_age(string newest, bool fresh, double timeliness)
    {
        using var data = new TestData();
        var time = new FixedTime(Now);
        var path = data.Write("data.csv", $"at,x\n2020-01-01 00:00:00,1\n{newest},2\n2099-01-01 00:00:00,3\n");
        var profile = await TestData.Profile(path, Fresh("at", "24h"), time);
        Assert.That(profile.Quality.Freshness!.Fresh, Is.EqualTo(fresh));
        Assert.That(profile.Quality.Freshness.InFuture, Is.EqualTo(1), "a time in the future makes nothing fresh");
        Assert.That(profile.Quality.Dimensions.Timeliness, Is.EqualTo(timeliness).Within(1e-9));
        Assert.That(profile.Quality.Met, Is.EqualTo(fresh));
    }

    [TestCase("absent", "is missing")]
    [TestCase("x", "is Integer")]
    [TestCase("word", "no time up to now")]
    public async Task Freshness_that_cannot_be_told_is_no_pass(string column, string why)
    {
        using var data = new TestData();
        var profile = await TestData.Profile(data.Write("data.csv", "x,word\n1,a\n2,b\n"), Fresh(column, "24h"));
        Assert.That(profile.Quality.Freshness!.Fresh, Is.Null);
        Assert.That(profile.Quality.Dimensions.Timeliness, Is.Null);
        Assert.That(profile.Quality.Met, Is.False);
        Assert.That(profile.Quality.Unmet[0], Does.Contain(why));
    }

    [Test]
    public async Task A_timestamp_with_a_zone_is_compared_in_UTC()
    {
        using var data = new TestData();
        var path = data.Generate("data.parquet", "SELECT TIMESTAMPTZ '2025-06-15 13:30:00+02' AS at");
        var profile = await TestData.Profile(path, Fresh("at", "24h"), new FixedTime(Now));
        Assert.That(profile.Quality.Freshness!.Newest, Is.EqualTo(new DateTimeOffset(2025, 6, 15, 11, 30, 0, TimeSpan.Zero)));
    }

    [TestCase("tomorrow")]
    [TestCase("-1h")]
    [TestCase("0s")]
    [TestCase("24")]
    public async Task A_maxAge_that_is_no_duration_is_refused(string maxAge)
    {
        using var data = new TestData();
        var refused = await TestData.Refused(data.Write("data.csv", "at,x\n2020-01-01,1\n"), Fresh("at", maxAge));
        Assert.That(refused.Message, Does.Contain("quality.freshness.maxAge"));
    }

    [TestCase("30s", 30)]
    [TestCase("1h30m", 5400)]
    [TestCase("0.5h", 1800)]
    [TestCase("7d", 604_800)]
    [TestCase("1y", 31_536_000)]
    [TestCase("250ms", 0.25)]
    public void Durations_read_as_they_are_written(string text, double seconds)
    {
        Assert.That(DurationText.TryParse(text, out var duration), Is.True);
        Assert.That(duration.TotalSeconds, Is.EqualTo(seconds));
    }

    [Test]
    public async Task The_dimensions_follow_their_formulas()
    {
        using var data = new TestData();
        // 5 rows of 2 columns: one NULL, one blank; one copy; of the texts 4 of 5 read as numbers.
        var path = data.Write("data.json", """[{"n":1,"t":"10"},{"n":1,"t":"10"},{"n":null,"t":"11"},{"n":4,"t":"12"},{"n":5,"t":"  "}]""");
        var request = new ProfileRequest { Schema = new SchemaSpec { Policy = SchemaPolicy.Warn, Columns = [new ColumnSpec { Name = "n", Maximum = 4 }] } };
        var quality = (await TestData.Profile(path, request)).Quality;
        Assert.That(quality.Dimensions.Completeness, Is.EqualTo(0.8).Within(1e-12));
        Assert.That(quality.Dimensions.Uniqueness, Is.EqualTo(0.8).Within(1e-12));
        Assert.That(quality.Dimensions.Validity, Is.EqualTo(0.75).Within(1e-12));
        Assert.That(quality.Dimensions.Consistency, Is.EqualTo(0.8).Within(1e-12));
        Assert.That(quality.Dimensions.Timeliness, Is.Null);
        Assert.That(quality.Score, Is.EqualTo((0.8 + 0.8 + 0.75 + 0.8) / 4).Within(1e-12));
    }

    [Test]
    public async Task Completeness_below_the_minimum_is_not_met()
    {
        using var data = new TestData();
        var request = new ProfileRequest { Quality = new QualitySpec { Completeness = new CompletenessSpec { Minimum = 0.9 } } };
        var profile = await TestData.Profile(data.Write("data.csv", "a,b\n1,\n2,3\n"), request);
        Assert.That(profile.Quality.Unmet, Is.EqualTo(new[] { "completeness is 0.75, at least 0.9 is demanded" }));
    }

    [Test]
    public async Task Numbers_at_the_end_of_the_double_range_have_statistics_without_moments()
    {
        using var data = new TestData();
        var path = data.Generate("data.parquet", "SELECT * FROM (VALUES (1e308::DOUBLE), (-1e308), ('nan'), ('inf'), (NULL)) t(x)");
        var column = (await TestData.Profile(path)).Columns[0];
        Assert.That((column.Nulls, column.NonFinite), Is.EqualTo((1, 2)));
        Assert.That(column.StandardDeviation, Is.Null);
    }

    private static ProfileRequest Expect(string sql) =>
        new() { Quality = new QualitySpec { Expectations = [new ExpectationSpec { Name = "e", Sql = sql }] } };

    private static ProfileRequest Fresh(string column, string maxAge) =>
        new() { Quality = new QualitySpec { Freshness = new FreshnessSpec { Column = column, MaxAge = maxAge } } };

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
