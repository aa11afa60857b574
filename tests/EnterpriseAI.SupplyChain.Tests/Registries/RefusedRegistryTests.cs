using System.Text;
using Microsoft.AspNetCore.Http;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>Registries that refuse, that send something else than was asked for, or that lead elsewhere.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class RefusedRegistryTests
{
    private static readonly OciCredentials Alice = new() { Username = "alice", Password = "secret" };
    private static readonly OciDigest Subject = OciDigest.Of("subject"u8);

    private readonly ImpatientTime time = new();

    private OciRegistry Client(OciCredentials? credentials = null) => new(RegistryHttp.Client, new OciRegistryOptions
    {
        PlainHttp = PlainHttp.Loopback,
        Credentials = _ => credentials,
        Attempts = 1,
        Time = time,
        StallTimeout = TimeSpan.FromHours(1),
        AnswerTimeout = TimeSpan.FromHours(1),
    });

    private static OciDescriptor Descriptor(ReadOnlySpan<byte> content) => new("application/octet-stream", OciDigest.Of(content), content.Length);

    private static async Task<SupplyChainException> RefusedAsync(Func<Task> act) => (await Assert.CatchAsync<SupplyChainException>(() => act()))!;

    private static IEnumerable<TestCaseData> Operations()
    {
        yield return Operation("a manifest", static (client, at) => client.FindManifestAsync(at));
        yield return Operation("a blob", static (client, at) => client.GetBlobAsync(at, Descriptor("layer"u8), 100));
        yield return Operation("what refers to a manifest", static (client, at) => client.GetReferrersAsync(at, Subject));
        yield return Operation("a push of a manifest", static (client, at) => client.PushManifestAsync(at, new OciManifest { Config = Descriptor("{}"u8), Layers = [Descriptor("layer"u8)] }));
        yield return Operation("a push of a blob", static (client, at) => client.PushBlobAsync(at, "layer"u8.ToArray(), "application/octet-stream"));

        static TestCaseData Operation(string name, Func<OciRegistry, OciReference, Task> operation) => new TestCaseData(operation).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Operations))]
    public async Task What_a_registry_refuses_is_refused_with_its_words(Func<OciRegistry, OciReference, Task> operation)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 403;
            return http.Response.WriteAsync("""{"errors":[{"code":"DENIED","message":"not for you"}]}""");
        });
        var refused = await RefusedAsync(() => operation(Client(), registry.Reference("a:tag")));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.RegistryDenied));
        Assert.That(refused.Message, Does.Contain("not for you"));
    }

    [Test]
    public async Task A_blob_that_a_registry_does_not_keep_after_all_was_not_pushed()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = http.Request.Method switch { "POST" => 202, "PUT" => 400, _ => 404 };
            http.Response.Headers.Location = "/v2/a/blobs/uploads/1";
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client().PushBlobAsync(registry.Reference("a"), "layer"u8.ToArray(), "application/octet-stream"))).Reason, Is.EqualTo(SupplyChainReason.RegistryUnavailable));
    }

    [Test]
    public async Task A_blob_with_other_bytes_is_refused_and_nothing_of_it_stays()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => http.Response.Body.WriteAsync("LAYER"u8.ToArray()).AsTask());
        using var destination = new MemoryStream();
        Assert.That((await RefusedAsync(() => Client().DownloadBlobAsync(registry.Reference("a"), Descriptor("layer"u8), destination))).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        Assert.That(destination.Length, Is.Zero);
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task A_blob_of_no_said_length_that_ends_early_is_not_waited_for(CancellationToken cancellationToken)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => http.Response.Body.WriteAsync("lay"u8.ToArray()).AsTask());
        var refused = await RefusedAsync(() => Client().GetBlobAsync(registry.Reference("a"), Descriptor("layer"u8), 100, cancellationToken));
        Assert.That(refused.Message, Does.Contain("ended 2 bytes early"));
    }

    [Test]
    [CancelAfter(30_000)]
    public async Task A_registry_that_never_answers_is_given_up(CancellationToken cancellationToken)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => Task.Delay(Timeout.Infinite, http.RequestAborted));
        var client = new OciRegistry(RegistryHttp.Client, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback, Attempts = 2, StallTimeout = TimeSpan.FromMilliseconds(200) });
        var refused = await RefusedAsync(() => client.FindManifestAsync(registry.Reference("a"), cancellationToken));
        Assert.That(refused.Message, Does.Contain("127.0.0.1 does not answer"));
    }

    [TestCase("https://r.example/a", true)]
    [TestCase("https://R.example:443/b", true)]
    [TestCase("http://r.example:443/a", false)]
    [TestCase("https://r.example:444/a", false)]
    [TestCase("https://r.example.org/a", false)]
    [TestCase("https://other.example/a", false)]
    public void Credentials_are_for_one_scheme_host_and_port(string address, bool isSame) =>
        Assert.That(RegistryTransport.IsSameOrigin(new Uri(address), new Uri("https://r.example/")), Is.EqualTo(isSame));

    [TestCase(-1, 2)]
    [TestCase(1, -1)]
    [TestCase(3, 3)]
    [TestCase(6, null)]
    public async Task A_part_that_is_not_in_the_blob_is_not_asked_for(long offset, long? length)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => http.Response.Body.WriteAsync("layer"u8.ToArray()).AsTask());
        Assert.That(() => Client().OpenBlobAsync(registry.Reference("a"), Descriptor("layer"u8), offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(registry.Requests, Is.Empty);
    }

    [Test]
    public async Task A_beginning_that_is_too_long_or_wrong_is_not_gone_on_from()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => http.Response.Body.WriteAsync("layer"u8.ToArray()).AsTask());
        using var tooLong = new MemoryStream();
        tooLong.Write("layer and more"u8);
        await Client().DownloadBlobAsync(registry.Reference("a"), Descriptor("layer"u8), tooLong);
        Assert.That(tooLong.ToArray(), Is.EqualTo("layer"u8.ToArray()));
        using var wrong = new MemoryStream();
        wrong.Write("LAY"u8);
        Assert.That((await RefusedAsync(() => Client().DownloadBlobAsync(registry.Reference("a"), Descriptor("layer"u8), wrong))).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    [Test]
    public async Task Content_goes_where_a_registry_says_and_credentials_do_not([Values] bool elsewhere)
    {
        await using var storage = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 201;
            return Task.CompletedTask;
        });
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            if (http.Request.Headers.Authorization.Count == 0)
            {
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = "Basic realm=\"tests\"";
                return Task.CompletedTask;
            }
            http.Response.StatusCode = http.Request.Method switch { "POST" => 202, "PUT" => 201, _ => 404 };
            http.Response.Headers.Location = elsewhere ? $"{storage.Address}upload?key=x" : "/v2/a/blobs/uploads/1";
            return Task.CompletedTask;
        });
        await Client(Alice).PushBlobAsync(registry.Reference("a"), "layer"u8.ToArray(), "application/octet-stream");
        Assert.That(storage.Requests.Select(static request => request.Authorization), elsewhere ? Is.EqualTo(new[] { "" }) : Is.Empty);
        Assert.That(registry.Requests.Count(static request => request.Method is "PUT" && request.Authorization.Length > 0), Is.EqualTo(elsewhere ? 0 : 1));
    }

    [Test]
    public async Task Content_goes_by_http_only()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = http.Request.Method is "POST" ? 202 : 404;
            http.Response.Headers.Location = "ftp://storage.example.com/upload";
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client().PushBlobAsync(registry.Reference("a"), "layer"u8.ToArray(), "application/octet-stream"))).Message, Does.Contain("not https"));
    }

    [TestCase("ftp://tokens.example.com/", "not https")]
    [TestCase("http://user@127.0.0.1:1/", "does not say from where")]
    [TestCase("token", "does not say from where")]
    public async Task Tokens_are_fetched_only_from_where_they_may_be(string realm, string message)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"{realm}\"";
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client(Alice).GetManifestAsync(registry.Reference("a")))).Message, Does.Contain(message));
    }

    [Test]
    public async Task A_token_service_that_refuses_or_does_not_end_gives_no_token([Values] bool refuses)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = http.Request.Path != "/token" || refuses ? 401 : 200;
            if (http.Request.Path != "/token")
                http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\"";
            return http.Request.Path == "/token" ? http.Response.WriteAsync($$"""{"token":"t"}{{new string(' ', (1 << 20) + 1)}}""") : Task.CompletedTask;
        });
        var refused = await RefusedAsync(() => Client(Alice).GetManifestAsync(registry.Reference("a")));
        Assert.That(refused.Reason, Is.EqualTo(refuses ? SupplyChainReason.RegistryDenied : SupplyChainReason.ArtifactTooLarge), refused.Message);
        Assert.That(refused.Message, Does.Contain(refuses ? "no token" : "the token of"));
    }

    [Test]
    public async Task A_list_of_referrers_is_bounded_by_its_pages_and_by_its_length([Values] bool manyPages)
    {
        IReadOnlyList<OciDescriptor> many = [.. Enumerable.Range(0, manyPages ? 0 : 5000).Select(static number => Descriptor(BitConverter.GetBytes(number)))];
        var list = new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = many }.Serialize();
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.Headers.Link = $"<{http.Request.Path}?page=1>; rel=\"next\"";
            http.Response.ContentType = OciManifest.IndexMediaType;
            return http.Response.Body.WriteAsync(list).AsTask();
        });
        Assert.That((await RefusedAsync(() => Client().GetReferrersAsync(registry.Reference("a"), Subject))).Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
        Assert.That(registry.Requests.Count, manyPages ? Is.GreaterThan(10) : Is.LessThan(10), "each bound holds without the other");
    }

    private static IEnumerable<TestCaseData> Manifests()
    {
        const string Digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        const string Blob = $$"""{"mediaType":"a","digest":"{{Digest}}","size":1}""";
        yield return Manifest("too large", "is larger than", "{" + new string(' ', OciManifest.MaxBytes) + "}");
        yield return Manifest("too many layers", "more than 10000 layers", $$"""{"schemaVersion":2,"config":{{Blob}},"layers":[{{string.Join(',', Enumerable.Repeat(Blob, 10_001))}}]}""");
        yield return Manifest("no layer", "its layers[0] is null", $$"""{"schemaVersion":2,"config":{{Blob}},"layers":[null]}""");
        yield return Manifest("less than nothing", "the size of its layers[0] is negative", $$"""{"schemaVersion":2,"config":{{Blob}},"layers":[{{Blob.Replace("\"size\":1", "\"size\":-1")}}]}""");
        yield return Manifest("an annotation of nothing", "an annotation is null", $$$"""{"schemaVersion":2,"config":{{{Blob}}},"layers":[],"annotations":{"a":null}}""");
        yield return Manifest("no kind and nothing to tell it by", "is of the kind ''", """{"schemaVersion":2}""");

        static TestCaseData Manifest(string name, string message, string json) => new TestCaseData(json, message).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Manifests))]
    public void A_manifest_with_one_thing_wrong_is_refused_for_that(string json, string message) =>
        Assert.That(Assert.Throws<SupplyChainException>(() => OciManifest.Parse(Encoding.UTF8.GetBytes(json)))!.Message, Does.Contain(message));

    [Test]
    public void What_may_not_be_in_an_address_is_in_no_reference()
    {
        const string Hex = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";
        Assert.That(OciDigest.TryParse($"sha512:{Hex}{Hex}", out _), Is.False, "capitals");
        Assert.Throws<SupplyChainException>(() => OciReference.Parse($"ghcr.io/{new string('a', 256)}"));
        Assert.Throws<SupplyChainException>(() => OciReference.Parse("ghcr.io/a").At("../../other"));
    }

    [TestCase("docker.io")]
    [TestCase("https://index.docker.io/v1/")]
    public void Credentials_that_another_program_keeps_are_said_to_be_missing(string key)
    {
        var config = DockerConfig.Parse(Encoding.UTF8.GetBytes($$$"""{"credHelpers":{"{{{key}}}":"desktop"}}"""));
        Assert.That(Assert.Throws<SupplyChainException>(() => config.For(OciReference.Parse("docker.io/acme/model")))!.Reason, Is.EqualTo(SupplyChainReason.Unsupported));
        Assert.That(config.For(OciReference.Parse("ghcr.io/acme/model")), Is.Null);
    }

    [Test]
    public async Task A_docker_config_is_not_endless([Values] bool fromFile)
    {
        using var folder = new TemporaryFolder();
        var text = "{}" + new string(' ', 4 << 20);
        var file = folder.Write("config.json", text);
        var refused = fromFile ? await RefusedAsync(() => DockerConfig.LoadAsync(file)) : Assert.Throws<SupplyChainException>(() => DockerConfig.Parse(Encoding.UTF8.GetBytes(text)));
        Assert.That(refused!.Reason, Is.EqualTo(fromFile ? SupplyChainReason.ArtifactTooLarge : SupplyChainReason.Malformed));
    }

    [Test]
    public async Task A_tag_that_is_not_there_is_not_found()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        Assert.That(await Client().FindManifestAsync(registry.Reference("a:tag")), Is.Null);
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("a:tag")))).Reason, Is.EqualTo(SupplyChainReason.ArtifactNotFound));
    }
}
