using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseAI.Data.Classification;

namespace EnterpriseAI.Data.Tests;

public sealed class RealDataTests
{
    [Test]
    public async Task The_penguins_have_344_rows_and_the_columns_of_the_data_set()
    {
        var path = TestData.Native("penguins.json");
        var watch = Stopwatch.StartNew();
        var profile = await TestData.Profile(path, ProfileRequest.Parse(
            """
            {
              "schema": {"policy": "Enforce", "columns": [{"name": "Body Mass (g)", "type": "Double", "minimum": 1000, "maximum": 9000}]},
              "quality": {
                "completeness": {"minimum": 0.95},
                "expectations": [{"name": "plausible-mass", "sql": "\"Body Mass (g)\" between 1000 and 9000", "minPassRate": 0.99}]
              },
              "drift": {"baseline": "First", "minRows": 500, "falseAlarmRate": 0.01, "onDrift": ["Event", "Retrain"]},
              "classification": {"frameworks": ["Pii", "Phi", "Financial"], "confidenceThreshold": 0.85, "level": "Confidential"}
            }
            """));
        TestContext.Out.WriteLine($"profiled in {watch.ElapsedMilliseconds} ms");

        Assert.That(profile.Snapshot.Rows, Is.EqualTo(344));
        Assert.That(profile.Snapshot.Bytes, Is.EqualTo(67119));
        Assert.That(profile.Snapshot.Digest, Is.EqualTo($"sha256:{Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(path, TestData.Token)))}"));
        Assert.That(profile.Schema.Columns, Is.EqualTo(new ColumnSchema[]
        {
            new("Species", ColumnType.String, false),
            new("Island", ColumnType.String, false),
            new("Beak Length (mm)", ColumnType.Double, true),
            new("Beak Depth (mm)", ColumnType.Double, true),
            new("Flipper Length (mm)", ColumnType.Integer, true),
            new("Body Mass (g)", ColumnType.Integer, true),
            new("Sex", ColumnType.String, true),
        }));
        Assert.That(profile.Schema.Valid, Is.True);
        Assert.That(profile.Quality.Met, Is.True, string.Join("; ", profile.Quality.Unmet));
        // 4 columns lack 2 values each, Sex lacks 10: 18 of 2408.
        Assert.That(profile.Quality.Dimensions.Completeness, Is.EqualTo(1 - (18 / 2408.0)).Within(1e-12));
        Assert.That(profile.Columns[5].Mean, Is.EqualTo(4201.754).Within(0.001));
        Assert.That(profile.Columns[0].TopValues![0], Is.EqualTo(new ValueCount("Adelie", 152)));
        Assert.That(profile.Classification.Findings, Is.Empty);
        Assert.That(profile.Classification.Level, Is.EqualTo(SensitivityLevel.Confidential));

        var again = await TestData.Profile(path, new ProfileRequest { DriftBaseline = profile.Baseline });
        Assert.That(again.Drift!.Verdict, Is.EqualTo(DriftVerdict.InsufficientData), "344 rows are fewer than 500");
        var enough = await TestData.Profile(path, new ProfileRequest { DriftBaseline = profile.Baseline, Drift = new DriftSpec { MinRows = 300 } });
        Assert.That(enough.Drift!.Verdict, Is.EqualTo(DriftVerdict.None));
        Assert.That(enough.Drift!.Columns, Has.All.Matches<ColumnDrift>(c => c!.Effect == 0));
    }

    [Test]
    public async Task The_summary_of_the_penguins_fits_a_termination_message_with_its_baseline()
    {
        var profile = await TestData.Profile(TestData.Native("penguins.json"));
        var summary = DataProfileSummary.Of(profile);
        TestContext.Out.WriteLine($"{DataProfileSummary.MessageLength(summary)} characters");
        Assert.That(summary.Truncated, Is.False);
        Assert.That(summary.Baseline!.Columns, Has.Count.EqualTo(7));
        Assert.That(DataProfileSummary.MessageLength(summary), Is.LessThanOrEqualTo(4096));
        var json = JsonSerializer.Serialize(summary, DataJson.Default.DataProfileSummary);
        var read = JsonSerializer.Deserialize(json, DataJson.Default.DataProfileSummary)!;
        Assert.That(JsonSerializer.Serialize(read, DataJson.Default.DataProfileSummary), Is.EqualTo(json));
    }

    [Test]
    public async Task Three_million_flights_are_profiled_in_bounded_memory()
    {
        var path = TestData.Native("flights-3m.parquet");
        var watch = Stopwatch.StartNew();
        var profile = await TestData.Profile(path);
        TestContext.Out.WriteLine($"profiled in {watch.ElapsedMilliseconds} ms");
        Assert.That(profile.Snapshot.Rows, Is.EqualTo(3_000_000));
        Assert.That(profile.Columns.Select(c => c.Type), Is.EqualTo(new[]
        {
            ColumnType.Timestamp, ColumnType.Integer, ColumnType.Integer, ColumnType.String, ColumnType.String,
        }));
        Assert.That(profile.Columns[3].TopValues![0], Is.EqualTo(new ValueCount("ORD", 166_341)));
    }

    [Test]
    public async Task Taxi_trips_of_three_months_have_one_schema_and_the_fare_does_not_drift_while_a_new_surcharge_does()
    {
        var january = await TestData.Profile(TestData.Vector("yellow_tripdata_2019-01.csv"));
        var march = await TestData.Profile(TestData.Vector("yellow_tripdata_2019-03.csv"), new ProfileRequest { DriftBaseline = january.Baseline });
        Assert.That(january.Snapshot.Rows, Is.EqualTo(10_000));
        Assert.That(march.Schema.Columns.Select(c => c.Name), Is.EqualTo(january.Schema.Columns.Select(c => c.Name)));
        Assert.That(january.Columns.First(c => c.Name == "pickup_datetime").Type, Is.EqualTo(ColumnType.Timestamp));

        foreach (var column in march.Drift!.Columns) TestContext.Out.WriteLine(column);
        // New York introduced the congestion surcharge in February 2019.
        Assert.That(march.Drift!.Verdict, Is.EqualTo(DriftVerdict.Drifted));
        Assert.That(march.Drift!.Columns.First(c => c.Name == "congestion_surcharge").Verdict, Is.EqualTo(DriftVerdict.Drifted));
        Assert.That(march.Drift!.Columns.First(c => c.Name == "fare_amount").Verdict, Is.EqualTo(DriftVerdict.None));
        Assert.That(march.Drift!.Columns.First(c => c.Name == "vendor_id").Verdict, Is.EqualTo(DriftVerdict.None));
    }

    [Test]
    public async Task Several_months_as_one_source_are_the_sum_of_their_files()
    {
        var folder = Path.GetDirectoryName(TestData.Vector("yellow_tripdata_2019-01.csv"))!;
        var profile = await TestData.Profile(Path.Combine(folder, "yellow_tripdata_*.csv"));
        Assert.That(profile.Snapshot.Files, Is.EqualTo(3));
        Assert.That(profile.Snapshot.Rows, Is.EqualTo(30_000));
        Assert.That(profile.Classification.Findings, Is.Empty, "taxi trips of this form name nobody");
    }

    [Test]
    public async Task Sensitive_values_in_sentences_are_found_with_the_measured_precision_and_recall()
    {
        Dictionary<string, string> entities = new()
        {
            ["EMAIL_ADDRESS"] = "EmailAddress",
            ["CREDIT_CARD"] = "CreditCardNumber",
            ["IBAN_CODE"] = "Iban",
            ["US_SSN"] = "SocialSecurityNumber",
            ["IP_ADDRESS"] = "IpAddress",
            ["PHONE_NUMBER"] = "PhoneNumber",
        };
        await using var stream = File.OpenRead(TestData.Vector("pii_sentences.json"));
        using var document = await JsonDocument.ParseAsync(stream, cancellationToken: TestData.Token);
        var score = entities.Values.ToDictionary(e => e, _ => (Found: 0, Missed: 0, False: 0));
        foreach (var sentence in document.RootElement.EnumerateArray())
        {
            var text = sentence.GetProperty("full_text").GetString()!;
            var expected = sentence.GetProperty("spans").EnumerateArray()
                .Where(s => entities.ContainsKey(s.GetProperty("entity_type").GetString()!))
                .Select(s => (Entity: entities[s.GetProperty("entity_type").GetString()!], Value: s.GetProperty("entity_value").GetString()!)).ToList();
            var found = SensitiveTextScanner.Scan(text).Select(m => (m.Entity, Value: text.Substring(m.Start, m.Length))).ToList();
            foreach (var (entity, value) in expected)
            {
                // The offsets of the set count bytes of a mangled encoding in places, so values are compared: most of it must be covered.
                var hit = found.FindIndex(f => f.Entity == entity && (value.Contains(f.Value) || f.Value.Contains(value)) && f.Value.Length * 2 > value.Length);
                var s = score[entity];
                score[entity] = hit >= 0 ? s with { Found = s.Found + 1 } : s with { Missed = s.Missed + 1 };
                if (hit >= 0) found.RemoveAt(hit);
                else TestContext.Out.WriteLine($"missed {entity}: {value}");
            }

            foreach (var (entity, value) in found.Where(f => score.ContainsKey(f.Entity)))
            {
                score[entity] = score[entity] with { False = score[entity].False + 1 };
                TestContext.Out.WriteLine($"false {entity}: {value} in {text.ReplaceLineEndings(" ")}");
            }
        }

        foreach (var (entity, (hits, missed, wrong)) in score)
            TestContext.Out.WriteLine($"{entity}: precision {hits / (double)(hits + wrong):0.000}, recall {hits / (double)(hits + missed):0.000} ({hits} found, {missed} missed, {wrong} false)");
        Assert.Multiple(() =>
        {
            foreach (var (entity, (hits, missed, wrong)) in score)
            {
                // A telephone number is a mere shape; the others have check digits or a form of their own.
                var (precision, recall) = entity == "PhoneNumber" ? (0.9, 0.8) : (0.95, 0.95);
                Assert.That(hits, Is.GreaterThanOrEqualTo(recall * (hits + missed)), $"recall of {entity}");
                Assert.That(hits, Is.GreaterThanOrEqualTo(precision * (hits + wrong)), $"precision of {entity}");
            }
        });
    }
}
