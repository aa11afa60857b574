using System.Security.Cryptography;
using EnterpriseAI.Data.DuckDb;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.Data.Tests;

public sealed class ProfileTests
{
    [TestCase("csv")]
    [TestCase("json")]
    [TestCase("parquet")]
    public async Task The_same_rows_have_the_same_profile_in_every_format(string suffix)
    {
        using var data = new TestData();
        var path = data.Generate($"data.{suffix}", "SELECT range AS i, range / 4 AS d, CASE WHEN range % 10 = 0 THEN NULL ELSE 'word' || (range % 3) END AS t, DATE '2024-01-01' + range::INTEGER AS day, range % 2 = 0 AS even FROM range(100)");
        var profile = await TestData.Profile(path);
        Assert.That(profile.Snapshot, Has.Property("Rows").EqualTo(100).And.Property("Files").EqualTo(1));
        Assert.That(profile.Schema.Columns, Is.EqualTo(new ColumnSchema[]
        {
            new("i", ColumnType.Integer, false), new("d", ColumnType.Double, false), new("t", ColumnType.String, true),
            new("day", ColumnType.Date, false), new("even", ColumnType.Boolean, false),
        }));
        Assert.That(profile.Columns[0], Has.Property("Mean").EqualTo(49.5).And.Property("Distinct").EqualTo(100).And.Property("Minimum").EqualTo("0"));
        Assert.That(profile.Columns[1].StandardDeviation, Is.EqualTo(7.25287).Within(1e-4));
        Assert.That(profile.Columns[0].Quantiles!["0.5"], Is.EqualTo(49.5));
        Assert.That(profile.Columns[2], Has.Property("Nulls").EqualTo(10).And.Property("Distinct").EqualTo(3));
        Assert.That(profile.Columns[2].TopValues, Is.EqualTo(new[] { new ValueCount("word0", 30), new ValueCount("word1", 30), new ValueCount("word2", 30) }));
        Assert.That((profile.Columns[3].Minimum, profile.Columns[3].Maximum), Is.EqualTo(("2024-01-01", "2024-04-09")));
    }

    [Test]
    public async Task A_folder_has_the_digest_of_its_sorted_files_whatever_their_names()
    {
        using var data = new TestData();
        var first = data.Write("in/a.csv", "x,y\n1,2\n");
        var second = data.Write("in/sub/b.csv", "x,y\n3,4\n");
        data.Write("in/_SUCCESS", "");
        data.Write("in/.hidden.csv", "other\n");
        data.Write("in/readme.md", "text");
        var folder = Path.Combine(data.Folder, "in");
        var profile = await TestData.Profile(folder);
        var expected = SHA256.HashData([.. SHA256.HashData(File.ReadAllBytes(first)), .. SHA256.HashData(File.ReadAllBytes(second))]);
        Assert.That(profile.Snapshot.Digest, Is.EqualTo($"sha256:{Convert.ToHexStringLower(expected)}"));
        Assert.That((profile.Snapshot.Rows, profile.Snapshot.Files, profile.Snapshot.Bytes), Is.EqualTo((2, 2, 16)));

        foreach (var pattern in new[] { "**/*.csv", "*/b.csv", "?.csv" })
        {
            var matched = await TestData.Profile(Path.Combine(folder, pattern));
            Assert.That(matched.Snapshot.Files, Is.EqualTo(pattern == "**/*.csv" ? 2 : 1), pattern);
        }
    }

    [Test]
    public async Task A_changed_byte_changes_the_digest()
    {
        using var data = new TestData();
        var before = await TestData.Profile(data.Write("data.csv", "x,y\n1,2\n"));
        var after = await TestData.Profile(data.Write("data.csv", "x,y\n1,3\n"));
        Assert.That(after.Snapshot.Digest, Is.Not.EqualTo(before.Snapshot.Digest));
    }

    [Test]
    public async Task A_wide_source_of_long_names_still_fits_a_termination_message()
    {
        using var data = new TestData();
        var columns = string.Join(", ", Enumerable.Range(0, 700).Select(i => $"(range * {i + 3}) % 101 AS \"{Convert.ToHexString(SHA256.HashData([(byte)i, (byte)(i >> 8)]))}\""));
        var path = data.Generate("wide.parquet", $"SELECT {columns} FROM range(50)");
        var declared = Enumerable.Range(0, 200).Select(i => new ColumnSpec { Name = $"missing {i}" }).ToList();
        var profile = await TestData.Profile(path, new ProfileRequest { Schema = new SchemaSpec { Columns = declared } });
        Assert.That((profile.Columns.Count, profile.ColumnsOmitted), Is.EqualTo((500, 200)));
        var summary = DataProfileSummary.Of(profile);
        TestContext.Out.WriteLine($"{summary.Schema.Columns.Count} columns, {summary.Schema.Violations.Count} violations, {DataProfileSummary.MessageLength(summary)} characters");
        Assert.That(DataProfileSummary.MessageLength(summary), Is.LessThanOrEqualTo(DataProfileSummary.TerminationMessageLimit));
        Assert.That(summary.Truncated, Is.True);
        Assert.That(summary.Schema.Valid, Is.False);
        Assert.That(summary.Schema.Columns, Is.Not.Empty);
    }

    [Test]
    public async Task Hostile_column_names_are_names_and_nothing_more()
    {
        using var data = new TestData();
        string[] names = ["a\"; DROP TABLE source; --", "'", "\"", "source", "select", "a b", "\u00e9\u4e16", "*", "); --", "%s{0}"];
        var path = data.Write("data.csv", string.Join(',', names.Select(n => $"\"{n.Replace("\"", "\"\"")}\"")) + "\n" + string.Join(',', names.Select((_, i) => i)) + "\n");
        var profile = await TestData.Profile(path);
        Assert.That(profile.Columns.Select(c => c.Name), Is.EqualTo(names));
        Assert.That(profile.Columns.Select(c => c.Minimum), Is.EqualTo(names.Select((_, i) => $"{i}")));
    }

    [Test]
    public async Task A_hostile_path_is_a_path_and_nothing_more()
    {
        using var data = new TestData();
        var profile = await TestData.Profile(data.Write("it's'); DROP TABLE x; --.csv", "a,b\n1,2\n"));
        Assert.That(profile.Snapshot.Rows, Is.EqualTo(1));
    }

    [Test]
    public void Any_text_survives_quoting()
    {
        using var data = new TestData();
        using var connection = DuckDbConnection.Open(128L << 20, 1, data.Folder, 1L << 30);
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>>(), text =>
        {
            // Lone surrogates are no Unicode text, and NUL ends a C string: neither can be a name of a column.
            var value = new string([.. text.Get.Where(c => c != '\0' && !char.IsSurrogate(c))]);
            if (value.Length == 0) return true;
            var result = connection.Query($"SELECT {Sql.Literal(value)} AS {Sql.Identifier(value)}", CancellationToken.None);
            return (string?)result.Row[0] == value && result.Columns[0] == value;
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void A_locked_down_connection_opens_nothing_and_changes_nothing()
    {
        using var data = new TestData();
        var other = data.Write("other.csv", "a,b\n1,2\n");
        using var connection = DuckDbConnection.Open(128L << 20, 1, Path.Combine(data.Folder, "spill"), 1L << 30);
        connection.LockDown([], TestData.Token);
        string[] forbidden =
        [
            $"SELECT * FROM read_csv({Sql.Literal(other)})", $"SELECT * FROM {Sql.Literal(other)}", "SELECT * FROM read_text('/etc/hostname')",
            $"COPY (SELECT 1) TO {Sql.Literal(Path.Combine(data.Folder, "out.csv"))}", $"ATTACH {Sql.Literal(Path.Combine(data.Folder, "x.db"))}",
            "SET enable_external_access = true", "SET memory_limit = '1TB'", "SET allowed_paths = ['/etc/hostname']", "INSTALL httpfs", "LOAD httpfs",
            "SELECT 1; SELECT 2",
        ];
        foreach (var sql in forbidden) Assert.That(() => connection.Query(sql, TestData.Token), Throws.InstanceOf<DuckDbException>(), sql);
        Assert.That(connection.Query("SELECT 1::BIGINT", TestData.Token).Count(0), Is.EqualTo(1));
    }

    [Test]
    public void The_library_is_looked_for_in_the_environments_folder_first_then_beside_then_above()
    {
        var candidates = DuckDbLibrary.Candidates("lib.so", "/opt/native", "/work/app/bin").ToList();
        Assert.That(candidates, Is.EqualTo(new[]
        {
            "/opt/native/lib.so", "/work/app/bin/lib.so", "/work/app/bin/artifacts/native/lib.so", "/work/app/artifacts/native/lib.so",
            "/work/artifacts/native/lib.so", "/artifacts/native/lib.so",
        }));
    }
}
