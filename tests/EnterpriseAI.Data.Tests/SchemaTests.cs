namespace EnterpriseAI.Data.Tests;

public sealed class SchemaTests
{
    private const string People = "id,age,name,joined,active\n1,30,Ann,2024-01-01,true\n2,-5,Bob,2024-02-30,no\n3,,Cid,2024-03-01,maybe\n4,200,,2024-04-01,false\n";

    private static IEnumerable<TestCaseData> Declarations()
    {
        yield return new TestCaseData(new ColumnSpec { Name = "age", Minimum = 0 }, "BelowMinimum 1").SetArgDisplayNames("minimum");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Maximum = 150 }, "AboveMaximum 1").SetArgDisplayNames("maximum");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Minimum = 0, Maximum = 150 }, "BelowMinimum 1, AboveMaximum 1").SetArgDisplayNames("both bounds");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Minimum = -5, Maximum = 200 }, "").SetArgDisplayNames("inclusive bounds");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Nullable = false }, "NullNotAllowed 1").SetArgDisplayNames("null");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Type = ColumnType.Double }, "").SetArgDisplayNames("integer as double");
        yield return new TestCaseData(new ColumnSpec { Name = "age", Type = ColumnType.Boolean }, "WrongType 3").SetArgDisplayNames("integer as boolean");
        yield return new TestCaseData(new ColumnSpec { Name = "id", Type = ColumnType.String }, "").SetArgDisplayNames("anything as text in a text format");
        yield return new TestCaseData(new ColumnSpec { Name = "joined", Type = ColumnType.Date }, "WrongType 1").SetArgDisplayNames("an impossible date");
        yield return new TestCaseData(new ColumnSpec { Name = "active", Type = ColumnType.Boolean }, "WrongType 1").SetArgDisplayNames("a word as boolean");
        yield return new TestCaseData(new ColumnSpec { Name = "name", Type = ColumnType.Integer }, "WrongType 3").SetArgDisplayNames("words as integer");
        yield return new TestCaseData(new ColumnSpec { Name = "name", Pattern = "^[A-B]" }, "PatternMismatch 1").SetArgDisplayNames("pattern");
        yield return new TestCaseData(new ColumnSpec { Name = "name", AllowedValues = ["Ann", "Bob", "O'Hara"] }, "ValueNotAllowed 1").SetArgDisplayNames("allowed values");
        yield return new TestCaseData(new ColumnSpec { Name = "Name" }, "MissingColumn 1").SetArgDisplayNames("another case");
        yield return new TestCaseData(new ColumnSpec { Name = "nope\"; DROP TABLE source; --" }, "MissingColumn 1").SetArgDisplayNames("a hostile name");
    }

    [TestCaseSource(nameof(Declarations))]
    public async Task A_declaration_counts_exactly_the_values_that_violate_it(ColumnSpec declared, string expected)
    {
        using var data = new TestData();
        var request = new ProfileRequest { Schema = new SchemaSpec { Columns = [declared] } };
        var profile = await TestData.Profile(data.Write("people.csv", People), request);
        var errors = profile.Schema.Violations.Where(v => v.Rule != SchemaRule.UndeclaredColumns).ToList();
        Assert.That(string.Join(", ", errors.Select(v => $"{v.Rule} {v.Count}")), Is.EqualTo(expected));
        Assert.That(errors, Has.All.Matches<SchemaViolation>(v => v!.Severity == ViolationSeverity.Error && v.Column == declared.Name));
        Assert.That(profile.Schema.Valid, Is.EqualTo(expected.Length == 0));
    }

    [Test]
    public async Task Under_Warn_a_violation_leaves_the_schema_valid()
    {
        using var data = new TestData();
        var request = new ProfileRequest { Schema = new SchemaSpec { Policy = SchemaPolicy.Warn, Columns = [new ColumnSpec { Name = "wage" }] } };
        var profile = await TestData.Profile(data.Write("people.csv", People), request);
        Assert.That(profile.Schema.Valid, Is.True);
        Assert.That(profile.Schema.Violations[0].Severity, Is.EqualTo(ViolationSeverity.Warning));
        Assert.That(profile.Quality.Dimensions.Validity, Is.LessThan(1), "a missing column is not valid");
    }

    [Test]
    public async Task A_missing_column_that_differs_in_letters_only_is_suggested()
    {
        using var data = new TestData();
        var request = new ProfileRequest { Schema = new SchemaSpec { Columns = [new ColumnSpec { Name = "body_mass_g" }] } };
        var profile = await TestData.Profile(data.Write("penguins.csv", "Body Mass (g),x\n1,2\n"), request);
        Assert.That(profile.Schema.Violations[0].Message, Does.Contain("did you mean 'Body Mass (g)'?"));
    }

    [Test]
    public async Task Undeclared_columns_are_one_warning()
    {
        using var data = new TestData();
        var request = new ProfileRequest { Schema = new SchemaSpec { Columns = [new ColumnSpec { Name = "id", Type = ColumnType.Integer }] } };
        var profile = await TestData.Profile(data.Write("people.csv", People), request);
        Assert.That(profile.Schema.Valid, Is.True);
        Assert.That(profile.Schema.Violations, Is.EqualTo(new[]
        {
            new SchemaViolation(null, SchemaRule.UndeclaredColumns, ViolationSeverity.Warning, 4, "not declared: age, name, joined, active"),
        }));
    }

    [Test]
    public async Task Parquet_is_held_to_the_type_it_declares()
    {
        using var data = new TestData();
        var path = data.Generate("typed.parquet", "SELECT '1' AS text, 1 AS number, 1.5::DECIMAL(5,2) AS price, TIMESTAMP '2024-01-01' AS at");
        var request = new ProfileRequest
        {
            Schema = new SchemaSpec
            {
                Columns =
                [
                    new ColumnSpec { Name = "text", Type = ColumnType.Integer }, new ColumnSpec { Name = "number", Type = ColumnType.Double },
                    new ColumnSpec { Name = "price", Type = ColumnType.Double }, new ColumnSpec { Name = "at", Type = ColumnType.Timestamp },
                ],
            },
        };
        var profile = await TestData.Profile(path, request);
        Assert.That(profile.Schema.Violations.Select(v => (v.Column, v.Rule)), Is.EqualTo(new[] { ("text", SchemaRule.WrongType) }));
        Assert.That(profile.Schema.Columns.Select(c => c.Type), Is.EqualTo(new[] { ColumnType.String, ColumnType.Integer, ColumnType.Decimal, ColumnType.Timestamp }));
    }

    [Test]
    public async Task An_invalid_pattern_names_the_field()
    {
        using var data = new TestData();
        var request = new ProfileRequest { Schema = new SchemaSpec { Columns = [new ColumnSpec { Name = "name", Pattern = "(" }] } };
        var refused = await TestData.Refused(data.Write("people.csv", People), request);
        Assert.That((refused.Reason, refused.IsTransient), Is.EqualTo((DataSourceReasons.InvalidSpec, false)));
        Assert.That(refused.Message, Does.Contain("schema.columns['name'].pattern"));
    }

    [TestCase("""{"schema":{"columns":null}}""")]
    [TestCase("""{"schema":{"columns":[null]}}""")]
    [TestCase("""{"schema":{"columns":[{"type":"Double"}]}}""")]
    [TestCase("""{"quality":{"expectations":[null]}}""")]
    [TestCase("""{"quality":{"expectations":null}}""")]
    [TestCase("""{"quality":{"freshness":{"column":"a"}}}""")]
    [TestCase("""{"drift":{"minRows":0}}""")]
    [TestCase("""{"drift":{"falseAlarmRate":2}}""")]
    [TestCase("""{"classification":{"confidenceThreshold":85}}""")]
    [TestCase("""{"driftBaseline":{"digest":"","rows":9,"columns":[{"name":"a","cuts":[1],"atOrBelow":[]}]}}""")]
    [TestCase("""{"format":"Xml"}""")]
    [TestCase("null")]
    [TestCase("{")]
    public async Task A_wrong_request_is_refused_as_such(string json)
    {
        using var data = new TestData();
        var path = data.Write("data.csv", "a,b\n1,2\n");
        var refused = await Assert.ThrowsAsync<DataSourceException>(() => TestData.Profile(path, ProfileRequest.Parse(json)));
        TestContext.Out.WriteLine(refused!.Message);
        Assert.That((refused.Reason, refused.IsTransient), Is.EqualTo((DataSourceReasons.InvalidSpec, false)));
    }

    [Test]
    public void A_request_with_a_wrong_field_names_it_and_leaves_the_other_defaults()
    {
        var refused = Assert.Throws<DataSourceException>(() => ProfileRequest.Parse("""{"schema":{"columns":[{"name":"a","type":"Dubble"}]}}"""));
        Assert.That(refused!.Reason, Is.EqualTo(DataSourceReasons.InvalidSpec));
        Assert.That(refused.Message, Does.Contain("$.schema.columns[0].type"));

        var read = ProfileRequest.Parse("""{"schema":{"columns":[{"name":"a"}]},"quality":{"expectations":[{"name":"e","sql":"true"}]},"drift":{},"classification":{}}""");
        Assert.That(read.Schema!.Policy, Is.EqualTo(SchemaPolicy.Enforce));
        Assert.That(read.Schema.Columns[0].Nullable, Is.True);
        Assert.That(read.Quality!.Expectations[0].MinPassRate, Is.EqualTo(1));
        Assert.That((read.Drift!.MinRows, read.Drift.FalseAlarmRate), Is.EqualTo((500, 0.01)));
        Assert.That(read.Classification!.ConfidenceThreshold, Is.EqualTo(0.85));
    }
}
