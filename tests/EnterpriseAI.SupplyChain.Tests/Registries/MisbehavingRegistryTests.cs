using System.Text;
using Microsoft.AspNetCore.Http;

namespace EnterpriseAI.SupplyChain.Tests.Registries;

/// <summary>Registries that lie, stall, repeat themselves or want to be told secrets.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public class MisbehavingRegistryTests
{
    private static readonly byte[] Manifest = new OciManifest { Config = Descriptor("{}"u8), Layers = [Descriptor("layer"u8)] }.Serialize();
    private static readonly OciCredentials Alice = new() { Username = "alice", Password = "secret" };

    private readonly ImpatientTime time = new();

    private OciRegistry Client(OciCredentials? credentials = null, int attempts = 3) => new(RegistryHttp.Client, new OciRegistryOptions
    {
        PlainHttp = PlainHttp.Loopback,
        Credentials = _ => credentials,
        Attempts = attempts,
        Time = time,
        StallTimeout = TimeSpan.FromHours(1),
        AnswerTimeout = TimeSpan.FromHours(1),
    });

    private static OciDescriptor Descriptor(ReadOnlySpan<byte> content) => new("application/octet-stream", OciDigest.Of(content), content.Length);

    private static async Task<SupplyChainException> RefusedAsync(Func<Task> act) => (await Assert.CatchAsync<SupplyChainException>(() => act()))!;

    private static Task SendManifestAsync(HttpContext http, byte[]? bytes = null, string type = OciManifest.ImageMediaType)
    {
        http.Response.ContentType = type;
        return http.Response.Body.WriteAsync(bytes ?? Manifest).AsTask();
    }

    [Test]
    public async Task Another_manifest_than_the_digest_s_is_refused()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => SendManifestAsync(http));
        var refused = await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("a").At(OciDigest.Of("another"u8))));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
        Assert.That((await Client().GetManifestAsync(registry.Reference("a").At(OciDigest.Of(Manifest)))).Manifest.Layers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_registry_that_names_another_digest_than_it_sends_is_refused()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.Headers["Docker-Content-Digest"] = OciDigest.Of("another"u8).ToString();
            return SendManifestAsync(http);
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("a:tag")))).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    [Test]
    public async Task An_endless_manifest_is_cut_off([Values] bool withLength)
    {
        long sent = 0;
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            http.Response.ContentType = OciManifest.ImageMediaType;
            if (withLength)
                http.Response.ContentLength = long.MaxValue;
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(new byte[1 << 16], http.RequestAborted);
                Interlocked.Add(ref sent, 1 << 16);
            }
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("a:tag")))).Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
        Assert.That(Interlocked.Read(ref sent), Is.LessThan(64 << 20), "the client went on reading");
    }

    [Test]
    public async Task A_blob_is_read_to_its_length_and_not_beyond()
    {
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
                await http.Response.Body.WriteAsync("layer"u8.ToArray(), http.RequestAborted);
        });
        Assert.That(await Client().GetBlobAsync(registry.Reference("a"), Descriptor("layerlayer"u8), 100), Is.EqualTo("layerlayer"u8.ToArray()));
        await using var other = await ScriptedRegistry.StartAsync(async http =>
        {
            http.Response.ContentLength = 6;
            await http.Response.Body.WriteAsync("layer!"u8.ToArray());
        });
        Assert.That((await RefusedAsync(() => Client().GetBlobAsync(other.Reference("a"), Descriptor("layer"u8), 100))).Reason, Is.EqualTo(SupplyChainReason.DigestMismatch));
    }

    [Test]
    public async Task A_blob_that_is_larger_than_allowed_is_not_asked_for()
    {
        await using var registry = await ScriptedRegistry.StartAsync(_ => Task.CompletedTask);
        Assert.That((await RefusedAsync(() => Client().GetBlobAsync(registry.Reference("a"), Descriptor("layer"u8), 4))).Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
        var client = new OciRegistry(RegistryHttp.Client, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback, MaxBlobBytes = 4 });
        Assert.That((await RefusedAsync(() => client.DownloadBlobAsync(registry.Reference("a"), Descriptor("layer"u8), new MemoryStream()))).Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
        Assert.That(registry.Requests, Is.Empty);
    }

    [Test]
    public async Task A_blob_that_breaks_off_is_gone_on_with_until_no_byte_more_comes([Values] bool knowsRanges)
    {
        var content = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i,4}")));
        var end = 250;
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            var from = http.Request.Headers.Range.Count > 0 && knowsRanges ? int.Parse(http.Request.Headers.Range.ToString()["bytes=".Length..].Split('-')[0]) : 0;
            if (from > 0)
            {
                http.Response.StatusCode = 206;
                http.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
            }
            http.Response.ContentLength = content.Length - from;
            var until = Math.Min(content.Length, Volatile.Read(ref end));
            if (until > from)
                await http.Response.Body.WriteAsync(content.AsMemory(from, until - from));
            // The server closes a connection on which less comes than was promised.
            Volatile.Write(ref end, Math.Min(end + 50, 350));
        });
        using var partial = new MemoryStream();
        var refused = await RefusedAsync(() => Client().DownloadBlobAsync(registry.Reference("a"), Descriptor(content), partial));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.RegistryUnavailable), refused.Message);
        Assert.That(partial.Length, Is.EqualTo(350), "what has arrived stays");
        Assert.That(registry.Requests.Select(request => request.Range), Has.Some.EqualTo("bytes=250-399").And.Some.EqualTo("bytes=350-399"));
        Volatile.Write(ref end, 400);
        await Client().DownloadBlobAsync(registry.Reference("a"), Descriptor(content), partial);
        Assert.That(partial.ToArray(), Is.EqualTo(content));
    }

    [Test]
    public async Task Another_part_than_the_one_asked_for_is_refused()
    {
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = "bytes 0-4/10";
            await http.Response.Body.WriteAsync("layer"u8.ToArray());
        });
        Assert.That((await RefusedAsync(async () => await Client().OpenBlobAsync(registry.Reference("a"), Descriptor("layerlayer"u8), 5))).Message, Does.Contain("another part"));
    }

    [Test]
    public async Task A_registry_that_falls_silent_is_not_waited_for()
    {
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            http.Response.ContentLength = 10;
            await http.Response.Body.WriteAsync("layer"u8.ToArray());
            await http.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        var client = new OciRegistry(RegistryHttp.Client, new OciRegistryOptions
        {
            PlainHttp = PlainHttp.Loopback,
            Attempts = 1,
            StallTimeout = TimeSpan.FromSeconds(2),
            AnswerTimeout = TimeSpan.FromSeconds(1),
        });
        Assert.That((await RefusedAsync(() => client.GetBlobAsync(registry.Reference("a"), Descriptor("layerlayer"u8), 10))).Message, Does.Contain("did not go on"));
        Assert.That((await RefusedAsync(() => client.GetManifestAsync(registry.Reference("a")))).Message, Does.Contain("was not sent within"));
    }

    [Test]
    public async Task Credentials_are_not_shown_to_where_a_registry_redirects()
    {
        await using var storage = await ScriptedRegistry.StartAsync(http => http.Response.Body.WriteAsync("layer"u8.ToArray()).AsTask());
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            if (http.Request.Headers.Authorization.Count == 0)
            {
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = "Basic realm=\"tests\"";
            }
            else
            {
                http.Response.Redirect($"{storage.Address}blob?signature=x");
            }
            return Task.CompletedTask;
        });
        Assert.That(await Client(Alice).GetBlobAsync(registry.Reference("a"), Descriptor("layer"u8), 10), Is.EqualTo("layer"u8.ToArray()));
        Assert.That(registry.Requests.Select(request => request.Authorization), Is.EqualTo(new[] { "", "Basic " + Convert.ToBase64String("alice:secret"u8) }));
        Assert.That(storage.Requests.Select(request => request.Authorization), Is.EqualTo(new[] { "" }));
    }

    [Test]
    public async Task Storage_that_asks_for_credentials_gets_none()
    {
        await using var storage = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 401;
            // A service of its own that would take a password.
            http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\"";
            return Task.CompletedTask;
        });
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.Redirect($"{storage.Address}blob");
            return Task.CompletedTask;
        });
        var refused = await RefusedAsync(() => Client(Alice).GetBlobAsync(registry.Reference("a"), Descriptor("layer"u8), 10));
        Assert.That(refused.Reason, Is.EqualTo(SupplyChainReason.RegistryDenied));
        Assert.That(storage.Requests.Select(request => request.Authorization), Is.All.Empty);
    }

    [Test]
    public async Task Redirections_in_a_circle_and_away_from_http_end()
    {
        await using var circle = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.Redirect(http.Request.Path);
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(circle.Reference("a")))).Message, Does.Contain("more than 5 times"));
        Assert.That(circle.Requests, Has.Count.EqualTo(6));
        await using var file = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.Redirect("file:///etc/passwd");
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(file.Reference("a")))).Message, Does.Contain("not https"));
    }

    [Test]
    public async Task A_client_that_follows_redirections_by_itself_is_refused()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            if (http.Request.Path != "/there")
                http.Response.Redirect("/there");
            return Task.CompletedTask;
        });
        using var following = new HttpClient();
        var client = new OciRegistry(following, new OciRegistryOptions { PlainHttp = PlainHttp.Loopback });
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetManifestAsync(registry.Reference("a")));
    }

    [Test]
    public async Task Who_goes_on_asking_for_credentials_is_answered_once()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"tests\"";
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client(Alice).GetManifestAsync(registry.Reference("a")))).Reason, Is.EqualTo(SupplyChainReason.RegistryDenied));
        Assert.That(registry.Requests, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_token_is_fetched_once_used_again_and_fetched_anew_when_it_ends()
    {
        var given = 0;
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            if (http.Request.Path == "/token")
            {
                await http.Response.WriteAsync($$"""{"token":"t{{++given}}","expires_in":300}""");
            }
            else if (http.Request.Headers.Authorization != $"Bearer t{given}" || given == 0)
            {
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\",service=\"tests\",scope=\"repository:a:pull\"";
            }
            else
            {
                await SendManifestAsync(http);
            }
        });
        var client = Client(Alice);
        for (var i = 0; i < 3; i++)
            await client.GetManifestAsync(registry.Reference("a:tag"));
        Assert.That(registry.Requests.Count(request => request.Path.StartsWith("/token", StringComparison.Ordinal)), Is.EqualTo(1));
        Assert.That(registry.Requests.Single(request => request.Path.StartsWith("/token", StringComparison.Ordinal)),
            Is.EqualTo(new ScriptedRegistry.Asked("GET", "/token?service=tests&scope=repository%3Aa%3Apull", "Basic " + Convert.ToBase64String("alice:secret"u8), "")));
        await Task.Delay(TimeSpan.FromMinutes(5), time);
        await client.GetManifestAsync(registry.Reference("a:tag"));
        Assert.That(given, Is.EqualTo(2));
    }

    [TestCase("""{"token":"a b"}""")]
    [TestCase("""{"token":"a\r\nX-Evil: 1"}""")]
    [TestCase("""{}""")]
    [TestCase("""null""")]
    [TestCase("""<html>""")]
    public async Task A_token_that_is_none_is_refused(string answer)
    {
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            if (http.Request.Path == "/token")
            {
                await http.Response.WriteAsync(answer);
                return;
            }
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\"";
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("a")))).Reason, Is.EqualTo(SupplyChainReason.RegistryUnavailable));
    }

    [Test]
    public async Task An_identity_token_is_exchanged_and_not_shown_to_the_registry()
    {
        string? form = null;
        await using var registry = await ScriptedRegistry.StartAsync(async http =>
        {
            if (http.Request.Path == "/token")
            {
                form = await new StreamReader(http.Request.Body).ReadToEndAsync();
                await http.Response.WriteAsync("""{"access_token":"access"}""");
            }
            else if (http.Request.Headers.Authorization != "Bearer access")
            {
                http.Response.StatusCode = 401;
                http.Response.Headers.WWWAuthenticate = $"Bearer realm=\"http://{http.Request.Host}/token\",service=s";
            }
            else
            {
                await SendManifestAsync(http);
            }
        });
        await Client(new OciCredentials { IdentityToken = "refresh" }).GetManifestAsync(registry.Reference("a"));
        Assert.That(form, Is.EqualTo("grant_type=refresh_token&refresh_token=refresh&client_id=enterpriseai&service=s&scope=repository%3Aa%3Apull"));
    }

    [Test]
    public async Task A_registry_that_is_busy_is_asked_again_when_it_says()
    {
        var left = 2;
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            if (left-- <= 0)
                return SendManifestAsync(http);
            http.Response.StatusCode = left == 1 ? 429 : 503;
            http.Response.Headers.RetryAfter = left == 1 ? "7" : "";
            return Task.CompletedTask;
        });
        await Client().GetManifestAsync(registry.Reference("a"));
        Assert.That(time.Delays.First(), Is.EqualTo(TimeSpan.FromSeconds(7)));
        Assert.That(time.Delays.Last(), Is.InRange(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1)));
        Assert.That(time.Delays, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_registry_that_stays_busy_or_wants_to_be_left_alone_for_long_is_given_up([Values(429, 500, 503)] int status)
    {
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            if (http.Request.Path.Value!.Contains("/long/", StringComparison.Ordinal))
                http.Response.Headers.RetryAfter = "3600";
            return Task.CompletedTask;
        });
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("short")))).Reason, Is.EqualTo(SupplyChainReason.RegistryUnavailable));
        Assert.That(registry.Requests, Has.Count.EqualTo(3));
        Assert.That((await RefusedAsync(() => Client().GetManifestAsync(registry.Reference("long")))).Message, Does.Contain("come back in 3600 s"));
        Assert.That(registry.Requests, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task A_list_of_referrers_goes_on_over_its_pages_and_stays_in_its_registry()
    {
        var subject = OciDigest.Of("subject"u8);
        await using var registry = await ScriptedRegistry.StartAsync(http =>
        {
            var page = int.TryParse(http.Request.Query["page"], out var number) ? number : 0;
            if (http.Request.Path.Value!.StartsWith("/v2/away", StringComparison.Ordinal))
                http.Response.Headers.Link = "<http://evil.example.com/v2/>; rel=\"next\"";
            else if (http.Request.Path.Value.StartsWith("/v2/endless", StringComparison.Ordinal) || page < 2)
                http.Response.Headers.Link = $"<{http.Request.Path}?page={page + 1}>; rel=\"next\"";
            return SendManifestAsync(http, new OciManifest { MediaType = OciManifest.IndexMediaType, Manifests = [Descriptor(Encoding.UTF8.GetBytes($"{page}"))] }.Serialize(), OciManifest.IndexMediaType);
        });
        var listed = await Client().GetReferrersAsync(registry.Reference("a"), subject);
        Assert.That(listed.Select(descriptor => descriptor.Digest), Is.EqualTo(new[] { "0", "1", "2" }.Select(page => OciDigest.Of(Encoding.UTF8.GetBytes(page)))));
        Assert.That((await RefusedAsync(() => Client().GetReferrersAsync(registry.Reference("away"), subject))).Message, Does.Contain("goes on at evil.example.com, which is another registry"));
        Assert.That((await RefusedAsync(() => Client().GetReferrersAsync(registry.Reference("endless"), subject))).Reason, Is.EqualTo(SupplyChainReason.ArtifactTooLarge));
    }

    [Test]
    public async Task Plain_http_is_spoken_only_when_asked_for_and_only_where()
    {
        await using var registry = await ScriptedRegistry.StartAsync(http => SendManifestAsync(http));
        var careful = new OciRegistry(RegistryHttp.Client, new OciRegistryOptions { Attempts = 1, Time = time, StallTimeout = TimeSpan.FromHours(1) });
        Assert.That((await RefusedAsync(() => careful.GetManifestAsync(registry.Reference("a")))).Reason, Is.EqualTo(SupplyChainReason.RegistryUnavailable));
        Assert.That(registry.Requests, Is.Empty);
        var options = new OciRegistryOptions { PlainHttp = PlainHttp.Loopback };
        Assert.That(new[] { "localhost/a", "localhost:5000/a", "127.0.0.1:5000/a", "[::1]:5000/a", "ghcr.io/a", "localhost.evil.com/a", "127.0.0.1.evil.com/a" }
            .Select(text => options.SchemeOf(OciReference.Parse(text))), Is.EqualTo(new[] { "http", "http", "http", "http", "https", "https", "https" }));
    }

    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[],"layers":[]}""", "an image and of an index")]
    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}""", "an image and of an index")]
    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}""", "no config and layers")]
    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json"}""", "no manifests")]
    [TestCase("""{"schemaVersion":1,"layers":[],"config":{"mediaType":"a","digest":"sha256:x","size":1}}""", "schemaVersion is '1'")]
    [TestCase("""{"schemaVersion":2,"layers":[],"config":{"mediaType":"a","digest":"sha256:x","size":1}}""", "the digest 'sha256:x' of its config")]
    [TestCase("""{"schemaVersion":2,"layers":[],"layers":[]}""", "layers")]
    [TestCase("""{"schemaVersion":2,"layers":[null],"config":null}""", "no config")]
    [TestCase("""{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}""", "is of the kind")]
    [TestCase("[]", "not a manifest")]
    [TestCase("null", "null")]
    [TestCase("", "not a manifest")]
    public void A_malformed_manifest_is_refused_by_its_field(string json, string part)
    {
        var refused = Assert.Throws<SupplyChainException>(() => OciManifest.Parse(Encoding.UTF8.GetBytes(json)))!;
        Assert.That(refused.Message, Does.Contain(part));
    }

    [Test]
    public void A_manifest_served_as_something_else_is_refused()
    {
        Assert.That(Assert.Throws<SupplyChainException>(() => OciManifest.Parse(Manifest, OciManifest.IndexMediaType))!.Message, Does.Contain("was served as"));
        Assert.That(OciManifest.Parse(Manifest, "application/octet-stream").Layers, Has.Count.EqualTo(1));
        Assert.That(OciManifest.Parse(Manifest, OciManifest.ImageMediaType + "; charset=utf-8").Serialize(), Is.EqualTo(Manifest));
    }
}
