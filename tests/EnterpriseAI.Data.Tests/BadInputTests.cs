using System.IO.Compression;
using System.Text;

namespace EnterpriseAI.Data.Tests;

public sealed class BadInputTests
{
    private static readonly byte[] Binary = [1, 2, 0, 255, 254, 0, 7];

    private static IEnumerable<TestCaseData> Files()
    {
        yield return Case("empty.csv", [], DataSourceReasons.EmptySource, "0 bytes");
        yield return Case("header-only.csv", "a,b\n"u8, DataSourceReasons.EmptySource, "no row");
        yield return Case("empty-array.json", "[]"u8, DataSourceReasons.EmptySource, "no row");
        yield return Case("binary.csv", Binary, DataSourceReasons.UnreadableFormat, "NUL bytes");
        yield return Case("binary.json", Binary, DataSourceReasons.UnreadableFormat, "NUL bytes");
        yield return Case("binary.parquet", Binary, DataSourceReasons.UnreadableFormat, "PAR1");
        yield return Case("cut.parquet", "PAR1 and then nothing"u8, DataSourceReasons.UnreadableFormat, "cut off");
        yield return Case("lying.parquet", "PAR1xxxxxxxxxxxxxxxxxxxxxxxxxxPAR1"u8, DataSourceReasons.UnreadableFormat, "lying.parquet");
        yield return Case("parquet.csv", "PAR1xxxx"u8, DataSourceReasons.UnreadableFormat, "set format to Parquet");
        yield return Case("latin1.csv", Encoding.Latin1.GetBytes("a,b\n1,caf\u00e9\n2,x\n"), DataSourceReasons.UnreadableFormat, "utf-8");
        yield return Case("utf16.csv", [.. Encoding.Unicode.Preamble, .. Encoding.Unicode.GetBytes("a,b\n1,2\n")], DataSourceReasons.UnreadableFormat, "UTF-16");
        yield return Case("ragged.csv", "a,b\n1,2\n3,4,5\n6,7\n"u8, DataSourceReasons.UnreadableFormat, "rows of different length");
        yield return Case("long-line.csv", Encoding.ASCII.GetBytes($"a,b\n1,{new string('x', 5_000_000)}\n"), DataSourceReasons.UnreadableFormat, "line");
        yield return Case("broken.json", """[{"a":1},{"a":]"""u8, DataSourceReasons.UnreadableFormat, "Malformed JSON");
        yield return Case("deep.json", Encoding.ASCII.GetBytes(Deep), DataSourceReasons.UnreadableFormat, "levels deep");
        yield return Case("deep-behind-an-open-quote.json", Encoding.ASCII.GetBytes("{\"a\":\"\n" + Deep), DataSourceReasons.UnreadableFormat, "levels deep");
        yield return Case("deep.json.gz", Zip(Encoding.ASCII.GetBytes(Deep)), DataSourceReasons.UnreadableFormat, "levels deep");
        yield return Case("false.json.gz", [0x1f, 0x8b, 1, 2, 3], DataSourceReasons.UnreadableFormat, "gz");
        yield return Case("unzipped.csv.gz", "a,b\n1,2\n"u8, DataSourceReasons.UnreadableFormat, "not compressed");
        yield return Case("zipped.csv", Zip("a,b\n1,2\n"u8.ToArray()), DataSourceReasons.UnreadableFormat, "name it .gz");
        yield return Case("long-name.json", Encoding.ASCII.GetBytes($$"""[{"{{new string('n', 300)}}":1}]"""), DataSourceReasons.UnreadableFormat, "300 characters");
        yield return Case("glob[1].csv", "a,b\n1,2\n"u8, DataSourceReasons.InvalidSpec, "rename");
        yield return Case("data.xls", "a,b\n1,2\n"u8, DataSourceReasons.InvalidSpec, "suffix");
    }

    private static string Deep => string.Concat(Enumerable.Repeat("{\"a\":", 100_000)) + "1" + new string('}', 100_000);

    [TestCaseSource(nameof(Files))]
    public async Task A_bad_file_is_refused_with_its_name_and_what_to_do(string name, byte[] content, string reason, string says)
    {
        using var data = new TestData();
        var refused = await TestData.Refused(data.Write(name, content));
        TestContext.Out.WriteLine(refused.Message);
        Assert.That((refused.Reason, refused.IsTransient), Is.EqualTo((reason, false)), refused.Message);
        Assert.That(refused.Message, Does.Contain(name).And.Contain(says));
        Assert.That(refused.Message, Has.Length.LessThan(700).And.Not.Contain("\n"));
    }

    [TestCase("/nowhere/data.csv")]
    [TestCase("/nowhere/*.csv")]
    [TestCase("http://example.invalid/data.csv")]
    [TestCase("s3://bucket/data.parquet")]
    public async Task A_path_that_leads_nowhere_is_not_found(string path) =>
        Assert.That((await TestData.Refused(path)).Reason, Is.EqualTo(DataSourceReasons.SourceNotFound));

    [Test]
    public async Task A_folder_without_data_is_empty_and_no_path_at_all_is_a_wrong_request()
    {
        using var data = new TestData();
        data.Write("readme.md", "text");
        Assert.That((await TestData.Refused(data.Folder)).Reason, Is.EqualTo(DataSourceReasons.EmptySource));
        var refused = await Assert.ThrowsAsync<DataSourceException>(() => new DataProfiler(TimeProvider.System).ProfileAsync(new ProfileRequest(), TestData.Token));
        Assert.That(refused!.Reason, Is.EqualTo(DataSourceReasons.InvalidSpec));
    }

    [TestCase("csv")]
    [TestCase("parquet")]
    public async Task Files_whose_columns_do_not_fit_together_are_a_schema_mismatch(string suffix)
    {
        using var data = new TestData();
        data.Generate($"a.{suffix}", "SELECT 1 AS a, 2 AS b");
        data.Generate($"b.{suffix}", "SELECT 1 AS c, 2 AS d, 3 AS e");
        var refused = await TestData.Refused(data.Folder);
        Assert.That(refused.Reason, Is.EqualTo(DataSourceReasons.SchemaMismatch), refused.Message);
        Assert.That(refused.Message, Does.Contain("b." + suffix));
    }

    [Test]
    public async Task A_link_out_of_the_root_is_refused_and_one_within_is_followed()
    {
        using var outside = new TestData();
        using var data = new TestData();
        var secret = outside.Write("secret.csv", "a,b\n1,2\n");
        data.Write("inside/real.csv", "a,b\n1,2\n");
        File.CreateSymbolicLink(Path.Combine(data.Folder, "out.csv"), secret);
        File.CreateSymbolicLink(Path.Combine(data.Folder, "in.csv"), "inside/real.csv");
        Directory.CreateSymbolicLink(Path.Combine(data.Folder, "folder"), outside.Folder);
        var profiler = new DataProfiler(TimeProvider.System, new ProfileOptions { Root = data.Folder });

        foreach (var path in new[] { Path.Combine(data.Folder, "out.csv"), Path.Combine(data.Folder, "folder/secret.csv"), secret })
        {
            var refused = await Assert.ThrowsAsync<DataSourceException>(() => profiler.ProfileAsync(new ProfileRequest { Paths = [path] }, TestData.Token));
            Assert.That(refused!.Message, Does.Contain("leads out of"));
        }

        var profile = await profiler.ProfileAsync(new ProfileRequest { Paths = [Path.Combine(data.Folder, "in.csv")] }, TestData.Token);
        Assert.That(profile.Snapshot.Rows, Is.EqualTo(1));
    }

    [Test]
    public async Task A_value_of_the_data_is_not_quoted_by_the_message_about_it()
    {
        using var data = new TestData();
        data.Generate("a.parquet", "SELECT 1 AS a");
        data.Generate("b.parquet", "SELECT 'secret-value' AS a");
        var refused = await TestData.Refused(data.Folder);
        Assert.That(refused.Message, Does.Contain("b.parquet").And.Not.Contain("secret-value"));
    }

    [Test]
    public async Task Lines_that_end_in_different_ways_are_read()
    {
        using var data = new TestData();
        var profile = await TestData.Profile(data.Write("mixed.csv", "a,b\n1,2\r\n3,4\n5,6\r\n"));
        Assert.That(profile.Snapshot.Rows, Is.EqualTo(3));
        Assert.That(profile.Schema.Columns[1].Type, Is.EqualTo(ColumnType.Integer));
    }

    [Test]
    public async Task Compressed_text_is_read()
    {
        using var data = new TestData();
        Assert.That((await TestData.Profile(data.Write("x.csv.gz", Zip("a,b\n1,2\n"u8.ToArray())))).Snapshot.Rows, Is.EqualTo(1));
        Assert.That((await TestData.Profile(data.Write("x.json.gz", Zip("[{\"a\":1},{\"a\":2}]"u8.ToArray())))).Snapshot.Rows, Is.EqualTo(2));
    }

    [Test]
    public async Task A_cancelled_profile_stops_within_its_scan()
    {
        using var data = new TestData();
        var path = data.Generate("many.parquet", "SELECT range AS a FROM range(200000)");
        using var cancelled = new CancellationTokenSource();
        var endless = new ProfileRequest
        {
            Paths = [path],
            Quality = new QualitySpec { Expectations = [new ExpectationSpec { Name = "endless", Sql = "(SELECT count(*) FROM range(100000) x, range(100000) y, range(100000) z WHERE x.range + y.range + z.range > a) > 0" }] },
        };
        cancelled.CancelAfter(TimeSpan.FromSeconds(2));
        var profile = new DataProfiler(TimeProvider.System, new ProfileOptions { Threads = 1 }).ProfileAsync(endless, cancelled.Token);
        await Assert.ThatAsync(() => profile.WaitAsync(TimeSpan.FromSeconds(60), TestData.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Nothing_is_left_in_the_temporary_folder()
    {
        using var data = new TestData();
        var temporary = Directory.CreateDirectory(Path.Combine(data.Folder, "tmp")).FullName;
        var profiler = new DataProfiler(TimeProvider.System, new ProfileOptions { TemporaryFolder = temporary });
        await profiler.ProfileAsync(new ProfileRequest { Paths = [data.Write("good.csv", "a,b\n1,2\n")] }, TestData.Token);
        await Assert.ThrowsAsync<DataSourceException>(() => profiler.ProfileAsync(new ProfileRequest { Paths = [data.Write("bad.json", "[{]")] }, TestData.Token));
        Assert.That(Directory.GetFileSystemEntries(temporary), Is.Empty);
    }

    private static TestCaseData Case(string name, ReadOnlySpan<byte> content, string reason, string says) =>
        new TestCaseData(name, content.ToArray(), reason, says).SetArgDisplayNames(name);

    private static byte[] Zip(byte[] content)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(content);
        return zipped.ToArray();
    }
}
