namespace EnterpriseAI.Data.Tests;

public sealed class FuzzTests
{
    private const int Rounds = 100;

    [TestCase("csv")]
    [TestCase("json")]
    [TestCase("parquet")]
    public async Task Random_bytes_are_profiled_or_refused_and_never_crash(string suffix)
    {
        var random = Seeded();
        using var data = new TestData();
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            if (suffix != "parquet" && round % 2 == 0)
                bytes = [.. random.GetItems("abc,;\t\"'\n\r0123456789.{}[]:-eE\\ ntrufals"u8, bytes.Length)];
            if (suffix == "parquet") bytes = [.. "PAR1"u8, .. bytes, .. BitConverter.GetBytes(random.Next(0, bytes.Length)), .. "PAR1"u8];
            await ProfileOrRefuse(data.Write($"random.{suffix}", bytes));
        }
    }

    [TestCase("csv")]
    [TestCase("json")]
    [TestCase("parquet")]
    public async Task A_file_with_some_bytes_changed_is_profiled_or_refused_and_never_crashes(string suffix)
    {
        var random = Seeded();
        using var data = new TestData();
        var whole = await File.ReadAllBytesAsync(
            data.Generate($"whole.{suffix}", "SELECT range AS i, range / 3 AS d, 'text ' || range % 7 AS t, DATE '2024-01-01' + (range % 50)::INTEGER AS day, [range, 1] AS l FROM range(200)".Replace(", [range, 1] AS l", suffix == "csv" ? "" : ", [range, 1] AS l", StringComparison.Ordinal)),
            TestData.Token);
        for (var round = 0; round < Rounds; round++)
        {
            var bytes = whole.ToArray();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                // The end of a Parquet file is its directory, where a wrong byte does most harm.
                var position = random.Next(2) == 0 ? random.Next(bytes.Length) : random.Next(Math.Max(0, bytes.Length - 600), bytes.Length);
                bytes[position] = (byte)random.Next(256);
            }

            if (round % 10 == 0) bytes = bytes[..random.Next(1, bytes.Length)];
            await ProfileOrRefuse(data.Write($"changed.{suffix}", bytes));
        }
    }

    private static async Task ProfileOrRefuse(string path)
    {
        try
        {
            var profile = await TestData.Profile(path);
            Assert.That(DataProfileSummary.MessageLength(DataProfileSummary.Of(profile)), Is.LessThanOrEqualTo(DataProfileSummary.TerminationMessageLimit));
        }
        catch (DataSourceException e)
        {
            Assert.That(e.Message, Is.Not.Empty);
        }
    }

    private static Random Seeded()
    {
        var seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        return new Random(seed);
    }
}
