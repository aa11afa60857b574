using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using EnterpriseAI.Audit.Checkpoints;
using EnterpriseAI.Audit.Merkle;
using EnterpriseAI.Audit.Server;
using EnterpriseAI.Audit.Storage;
using EnterpriseAI.Audit.Verification;

namespace EnterpriseAI.Audit.Tests.Server;

[CancelAfter(60_000)]
public sealed class AuditServerTests
{
    [Test]
    public async Task An_event_is_appended_once_and_shown_as_it_was_sent(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        Assert.That(await server.Client.AppendAsync(TestEvents.Event(1), cancellation), Is.EqualTo(new AppendResult(0, false)));
        Assert.That(await server.Client.AppendAsync(TestEvents.Event(2), cancellation), Is.EqualTo(new AppendResult(1, false)));
        Assert.That(await server.Client.AppendAsync(TestEvents.Event(1) with { Time = DateTimeOffset.UnixEpoch }, cancellation), Is.EqualTo(new AppendResult(0, true)));
        var lines = await server.Http.GetStringAsync("v1/entries", cancellation);
        Assert.That(lines, Is.EqualTo(string.Concat(new[] { 1, 2 }.Select((n, i) => $"{{\"index\":{i},\"event\":{Encoding.UTF8.GetString(TestEvents.Event(n).ToCanonicalJson())}}}\n"))));
    }

    [Test]
    public async Task Concurrent_appends_of_the_same_events_give_one_entry_each_and_the_copy_verifies(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        await Parallel.ForAsync(0, 900, new ParallelOptions { MaxDegreeOfParallelism = 64, CancellationToken = cancellation },
            async (i, token) => await server.Client.AppendAsync(TestEvents.Event(i % 300), token));
        var checkpoint = Checkpoint.Open(await server.Client.GetCheckpointAsync(cancellation), server.Server.Key);
        Assert.That(checkpoint.Size, Is.EqualTo(300));

        using var copy = new TemporaryFolder();
        Assert.That(await AuditExport.DownloadAsync(server.Client, copy.Path, cancellation), Is.EqualTo(checkpoint));
        var result = AuditVerifier.VerifyDirectory(copy.Path, server.Server.Key);
        Assert.That(result.Faults, Is.Empty);
        Assert.That(result.Entries, Is.EqualTo(300));
        Assert.That(AuditVerifier.VerifyDirectory(server.Directory, server.Server.Key).IsValid, Is.True, "the server's own folder is such a copy too");
        Assert.That(() => AuditExport.DownloadAsync(server.Client, copy.Path, cancellation), Throws.TypeOf<IOException>().With.Message.Contain("not empty"));
    }

    [Test]
    public async Task Entries_are_read_from_an_index_to_a_limit_and_by_resource(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 20; i++) await server.Client.AppendAsync(TestEvents.Event(i, name: $"m{i % 2}", kind: i < 10 ? "TrainingJob" : "ModelVersion"), cancellation);
        Assert.That(await Indexes(new AuditQuery { Start = 17 }), Is.EqualTo(new[] { 17, 18, 19 }));
        Assert.That(await Indexes(new AuditQuery { Start = 3, Limit = 2 }), Is.EqualTo(new[] { 3, 4 }));
        Assert.That(await Indexes(new AuditQuery { Name = "m1", Kind = "TrainingJob", Namespace = "default" }), Is.EqualTo(new[] { 1, 3, 5, 7, 9 }));
        Assert.That(await Indexes(new AuditQuery { Namespace = "other" }), Is.Empty);
        Assert.That(await Indexes(new AuditQuery { Start = 1000 }), Is.Empty);

        async Task<IReadOnlyList<long>> Indexes(AuditQuery query)
        {
            var indexes = new List<long>();
            await foreach (var entry in server.Client.ReadAsync(query, cancellation)) indexes.Add(entry.Index);
            return indexes;
        }
    }

    [Test]
    public async Task Reading_goes_on_page_after_page(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var key = LogSigningKey.Generate(TestEvents.Origin);
        TestEvents.WriteLog(folder.Path, 2500, key);
        await File.WriteAllTextAsync(folder.File("key"), key.ToSecretText(), cancellation);
        await using var server = await AuditServer.StartAsync(TestServer.Options(folder.Path), cancellation);
        using var http = new HttpClient { BaseAddress = server.Address };
        var expected = 0;
        await foreach (var entry in new AuditLogClient(http).ReadAsync(new AuditQuery(), cancellation))
        {
            Assert.That(entry.Index, Is.EqualTo(expected));
            Assert.That(entry.Event.Id, Is.EqualTo(TestEvents.IdText(expected++)));
        }
        Assert.That(expected, Is.EqualTo(2500));
    }

    [Test]
    public async Task An_inclusion_proof_leads_from_the_shown_entry_to_the_signed_root(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 11; i++) await server.Client.AppendAsync(TestEvents.Event(i), cancellation);
        var checkpoint = Checkpoint.Open(await server.Client.GetCheckpointAsync(cancellation), server.Server.Key);
        var proof = await server.Client.GetInclusionProofAsync(6, checkpoint.Size, cancellation);
        Assert.That(MerkleProofVerifier.VerifyInclusion(MerkleHasher.Leaf(TestEvents.Event(6).ToCanonicalJson()), 6, 11,
            [.. proof.Hashes.Select(h => Hash256.Read(Convert.FromBase64String(h)))], checkpoint.Root), Is.True);
    }

    [TestCase("v1/proof/inclusion?index=1&size=1", "index")]
    [TestCase("v1/proof/inclusion?size=1", "index")]
    [TestCase("v1/proof/inclusion?index=0&size=2", "size")]
    [TestCase("v1/entries?start=-1", "start")]
    [TestCase("v1/entries?limit=0", "limit")]
    [TestCase("v1/entries?limit=10001", "limit")]
    [TestCase("v1/entries?from=1", "from")]
    public async Task A_wrong_parameter_is_named(string path, string field)
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.AppendAsync(TestEvents.Event(1), CancellationToken.None);
        using var response = await server.Http.GetAsync(path);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await ErrorField(response), Is.EqualTo(field));
    }

    [Test]
    public async Task A_bad_event_is_refused_with_the_field_and_a_large_one_with_the_limit(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        using var unknown = await Post(server, Encoding.UTF8.GetString(TestEvents.Event(1).ToCanonicalJson()).Replace("\"actor\"", "\"author\"", StringComparison.Ordinal));
        Assert.That(unknown.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(await ErrorField(unknown), Is.EqualTo("author"));

        var large = TestEvents.Event(1) with { Details = new Dictionary<string, string> { ["text"] = new string('x', 66_000) } };
        Assert.That(() => server.Client.AppendAsync(large, cancellation), Throws.TypeOf<InvalidAuditEventException>().With.Message.Contain("65535"));
        using var chunked = new HttpRequestMessage(HttpMethod.Post, "v1/entries") { Content = new StreamContent(new MemoryStream(new byte[70_000])) };
        chunked.Headers.TransferEncodingChunked = true;
        using var refused = await server.Http.SendAsync(chunked, cancellation);
        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));

        var largest = TestEvents.Event(1) with { Details = new Dictionary<string, string> { ["text"] = new string('x', 65_535 - (TestEvents.Event(1) with { Details = new Dictionary<string, string> { ["text"] = "" } }).ToCanonicalJson().Length) } };
        Assert.That(largest.ToCanonicalJson(), Has.Length.EqualTo(65_535));
        Assert.That((await server.Client.AppendAsync(largest, cancellation)).Index, Is.Zero);
        Assert.That(() => server.Client.AppendAsync(TestEvents.Event(2) with { Action = "no" }, cancellation),
            Throws.TypeOf<InvalidAuditEventException>().With.Property("Field").EqualTo("action"));
    }

    [Test]
    public async Task Appends_need_the_token_and_reads_do_not(CancellationToken cancellation)
    {
        using var secrets = new TemporaryFolder();
        var tokenFile = secrets.File("token");
        await File.WriteAllTextAsync(tokenFile, "s3cret\n", cancellation);
        await using var server = await TestServer.StartAsync(tokenFile);
        var authorized = new AuditLogClient(server.Http, tokenFile);
        await authorized.AppendAsync(TestEvents.Event(1), cancellation);
        Assert.That(() => server.Client.AppendAsync(TestEvents.Event(2), cancellation), Throws.TypeOf<AuditUnavailableException>().With.Message.Contain("401"));
        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "s3cre");
        Assert.That(() => server.Client.AppendAsync(TestEvents.Event(2), cancellation), Throws.TypeOf<AuditUnavailableException>());
        server.Http.DefaultRequestHeaders.Authorization = null;
        Assert.That(Checkpoint.Open(await server.Client.GetCheckpointAsync(cancellation), server.Server.Key).Size, Is.EqualTo(1));

        await File.WriteAllTextAsync(tokenFile, "rotated", cancellation);
        Assert.That((await authorized.AppendAsync(TestEvents.Event(2), cancellation)).Index, Is.EqualTo(1));
    }

    [Test]
    public async Task A_second_server_on_the_same_directory_is_refused(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        Assert.That(() => AuditServer.StartAsync(TestServer.Options(server.Directory), cancellation),
            Throws.TypeOf<LogInUseException>().With.Message.Contain(server.Directory));
        await server.Client.AppendAsync(TestEvents.Event(1), cancellation);
    }

    [Test]
    public async Task A_restarted_server_goes_on_with_its_log_and_its_key(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        LogVerifierKey key;
        await using (var first = await AuditServer.StartAsync(TestServer.Options(folder.Path), cancellation))
        {
            key = first.Key;
            using var http = new HttpClient { BaseAddress = first.Address };
            for (var i = 0; i < 5; i++) await new AuditLogClient(http).AppendAsync(TestEvents.Event(i), cancellation);
        }
        if (!OperatingSystem.IsWindows()) Assert.That(File.GetUnixFileMode(folder.File("key")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        await using var second = await AuditServer.StartAsync(TestServer.Options(folder.Path) with { Origin = null }, cancellation);
        using var again = new HttpClient { BaseAddress = second.Address };
        var client = new AuditLogClient(again);
        Assert.That((await client.GetKeyAsync(cancellation)).ToString(), Is.EqualTo(key.ToString()));
        Assert.That(await client.AppendAsync(TestEvents.Event(3), cancellation), Is.EqualTo(new AppendResult(3, true)));
        Assert.That(await client.AppendAsync(TestEvents.Event(7), cancellation), Is.EqualTo(new AppendResult(5, false)));
    }

    [Test]
    public async Task A_wrong_origin_a_lost_key_and_an_empty_token_are_named(CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        await using (await AuditServer.StartAsync(TestServer.Options(folder.Path), cancellation)) { }
        Assert.That(() => AuditServer.StartAsync(TestServer.Options(folder.Path) with { Origin = "example.com/other" }, cancellation),
            Throws.TypeOf<FormatException>().With.Message.Contain("example.com/other"));
        var token = folder.File("token");
        await File.WriteAllTextAsync(token, " \n", cancellation);
        Assert.That(() => AuditServer.StartAsync(TestServer.Options(folder.Path) with { TokenFile = token }, cancellation),
            Throws.TypeOf<FormatException>().With.Message.Contain(token));
        File.Delete(folder.File("key"));
        Assert.That(() => AuditServer.StartAsync(TestServer.Options(folder.Path), cancellation), Throws.TypeOf<LogDamagedException>().With.Message.StartWith("key:"));
    }

    [Test]
    public async Task It_tells_its_health_and_metrics_and_serves_no_file_that_is_not_a_tile(CancellationToken cancellation)
    {
        await using var server = await TestServer.StartAsync();
        await server.Client.AppendAsync(TestEvents.Event(1), cancellation);
        await server.Client.AppendAsync(TestEvents.Event(1), cancellation);
        Assert.That(await server.Http.GetStringAsync("healthz", cancellation), Is.EqualTo("ok\n"));
        Assert.That(await server.Http.GetStringAsync("readyz", cancellation), Is.EqualTo("ok\n"));
        var metrics = await server.Http.GetStringAsync("metrics", cancellation);
        Assert.That(metrics, Does.Contain("audit_log_appends_total{").And.Contain("result=\"duplicate\"").And.Contain("audit_log_entries").And.Contain("audit_log_commit_duration_seconds_bucket"));
        foreach (var path in new[] { "tile/entries/001", "tile/0/000", "tile/key", "tile/..%2fkey", "tile/../key", "key", "ids", "tile/0/000.p/2" })
        {
            using var response = await server.Http.GetAsync(path, cancellation);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound), path);
        }
        using var checkpoint = await server.Http.GetAsync("checkpoint", cancellation);
        Assert.That(checkpoint.Content.Headers.ContentType!.ToString(), Is.EqualTo("text/plain; charset=utf-8"));
    }

    private static async Task<HttpResponseMessage> Post(TestServer server, string body) =>
        await server.Http.PostAsync("v1/entries", new StringContent(body, Encoding.UTF8, "application/json"));

    private static async Task<string?> ErrorField(HttpResponseMessage response)
    {
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return document.RootElement.GetProperty("error").GetProperty("field").GetString();
    }
}
