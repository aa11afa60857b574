using System.Net;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Kubernetes.Tests;

public sealed class KubernetesClientTests
{
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client();
    }

    [TearDown]
    public void Dispose_server()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task An_object_is_created_read_replaced_patched_and_deleted()
    {
        var created = await _client.CreateAsync(CoreResources.ConfigMaps, Map("a", "1"));
        Assert.That(created.Metadata.Uid, Is.Not.Null);
        Assert.That((await _client.GetAsync(CoreResources.ConfigMaps, "ns", "a")).Data!["k"], Is.EqualTo("1"));

        var replaced = await _client.ReplaceAsync(CoreResources.ConfigMaps, created with { Data = new Dictionary<string, string> { ["k"] = "2" } });
        Assert.That(replaced.Metadata.ResourceVersion, Is.Not.EqualTo(created.Metadata.ResourceVersion));
        var patched = await _client.PatchAsync(CoreResources.ConfigMaps, "ns", "a", Patch.Merge("""{"data":{"k":"3"}}"""));
        Assert.That(patched.Data!["k"], Is.EqualTo("3"));
        patched = await _client.PatchAsync(
            CoreResources.ConfigMaps, "ns", "a", Patch.Json(JsonPatchOperation.Test("/data/k", "3"), JsonPatchOperation.Add($"/data/{JsonPatchOperation.Escape("a/b")}", "4")));
        Assert.That(patched.Data!["a/b"], Is.EqualTo("4"));

        Assert.That(await _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a"), Is.True);
        Assert.That(await _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a"), Is.False);
        Assert.That(await _client.TryGetAsync(CoreResources.ConfigMaps, "ns", "a"), Is.Null);
    }

    [Test]
    public async Task Failures_carry_the_servers_status()
    {
        await _client.CreateAsync(CoreResources.ConfigMaps, Map("a", "1"));

        var missing = await Failure(() => _client.GetAsync(CoreResources.ConfigMaps, "ns", "b"));
        var twice = await Failure(() => _client.CreateAsync(CoreResources.ConfigMaps, Map("a", "1")));
        var stale = await Failure(() => _client.ReplaceAsync(
            CoreResources.ConfigMaps, Map("a", "2") with { Metadata = new V1ObjectMeta { Namespace = "ns", Name = "a", ResourceVersion = "1" } }));
        var test = await Failure(() => _client.PatchAsync(CoreResources.ConfigMaps, "ns", "a", Patch.Json(JsonPatchOperation.Test("/data/k", "x"))));

        Assert.That(missing.IsNotFound, Is.True);
        Assert.That(missing.Message, Does.StartWith("GET api/v1/namespaces/ns/configmaps/b: ").And.EndWith("(404)"));
        Assert.That((twice.IsAlreadyExists, twice.IsConflict), Is.EqualTo((true, false)));
        Assert.That((stale.IsAlreadyExists, stale.IsConflict), Is.EqualTo((false, true)));
        Assert.That(test.IsInvalid, Is.True);
    }

    [Test]
    public async Task Apply_sends_json_as_an_apply_patch_and_removes_what_is_no_longer_given()
    {
        await _client.ApplyAsync(CoreResources.ConfigMaps, Map("a", "1"), "me");
        var applied = await _client.ApplyAsync(
            CoreResources.ConfigMaps, Map("a", "1") with { Data = new Dictionary<string, string> { ["other"] = "2" } }, "me", force: false);

        Assert.That(applied.Data, Is.EquivalentTo(new Dictionary<string, string> { ["other"] = "2" }));
        Assert.That(_server.Requests[0].ContentType, Is.EqualTo("application/apply-patch+yaml"));
        Assert.That(_server.Requests[0].Query, Is.EqualTo("?fieldManager=me&force=true"));
        Assert.That(_server.Requests[1].Query, Is.EqualTo("?fieldManager=me"));
        Assert.That(_server.Requests[0].Body, Does.Contain("\"apiVersion\":\"v1\""));
    }

    [Test]
    public async Task Status_is_written_through_its_subresource_only()
    {
        var node = new V1Node { Metadata = new V1ObjectMeta { Name = "n" }, Status = new V1NodeStatus { Capacity = new Dictionary<string, string> { ["nvidia.com/gpu"] = "8" } } };
        await _client.CreateAsync(CoreResources.Nodes, node with { Status = null });
        await _client.ReplaceAsync(CoreResources.Nodes, node);
        Assert.That((await _client.GetAsync(CoreResources.Nodes, null, "n")).Status, Is.Null);

        await _client.ApplyAsync(CoreResources.Nodes, node, "me", subresource: "status");

        Assert.That((await _client.GetAsync(CoreResources.Nodes, null, "n")).Status!.Capacity!["nvidia.com/gpu"], Is.EqualTo("8"));
    }

    [Test]
    public async Task A_deletion_with_a_precondition_deletes_only_that_object()
    {
        var created = await _client.CreateAsync(CoreResources.ConfigMaps, Map("a", "1"));

        var other = await Failure(() => _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a", new DeleteOptions { Uid = "other" }));
        Assert.That(other.IsConflict, Is.True);
        Assert.That(await _client.DeleteAsync(
            CoreResources.ConfigMaps, "ns", "a", new DeleteOptions { Uid = created.Metadata.Uid, PropagationPolicy = "Foreground", GracePeriod = TimeSpan.FromSeconds(5) }), Is.True);
        Assert.That(_server.Requests[^1].Body, Does.Contain("\"propagationPolicy\":\"Foreground\"").And.Contain("\"gracePeriodSeconds\":5"));
    }

    [Test]
    public async Task A_list_that_holds_an_unreadable_object_gives_the_others()
    {
        _server.Put(CoreResources.ConfigMaps, Map("good", "1"));
        _server.PutJson("api/v1/namespaces/ns/configmaps", "bad", """{"metadata":{"namespace":"ns","name":"bad"},"data":[1]}""");
        var unreadable = new List<UnreadableObject>();

        var list = await _client.ListAsync(CoreResources.ConfigMaps, null, new ListOptions { OnUnreadable = unreadable.Add });

        Assert.That(list.Items.Select(item => item.Name), Is.EqualTo(new[] { "good" }));
        Assert.That(unreadable.Select(item => (item.Namespace, item.Name)), Is.EqualTo(new[] { ("ns", "bad") }));
        Assert.That(async () => await _client.ListAsync(CoreResources.ConfigMaps), Throws.TypeOf<System.Text.Json.JsonException>());
    }

    [TestCase(HttpStatusCode.TooManyRequests)]
    [TestCase(HttpStatusCode.ServiceUnavailable)]
    public async Task Retry_after_is_honoured_and_bounded(HttpStatusCode code)
    {
        var time = new ManualTimeProvider();
        using var client = _server.Client(time);
        var answers = 0;
        _server.Fault = _ => ++answers <= 2 ? FakeApiServer.Failure(code, "Busy", "busy", TimeSpan.FromSeconds(3)) : null;
        var before = time.GetUtcNow();

        var list = client.ListAsync(CoreResources.Pods);
        await time.AdvanceUntilAsync(() => list.IsCompleted, TimeSpan.FromSeconds(1), "the list");
        Assert.That((await list).Items, Is.Empty);
        Assert.That(time.GetUtcNow() - before, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(6)));

        _server.Fault = _ => FakeApiServer.Failure(code, "Busy", "busy", TimeSpan.FromSeconds(3));
        answers = _server.Requests.Count;
        var failing = client.ListAsync(CoreResources.Pods);
        await time.AdvanceUntilAsync(() => failing.IsCompleted, TimeSpan.FromSeconds(1), "the failure");
        Assert.That((await Failure(() => failing)).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(3)));
        Assert.That(_server.Requests.Count - answers, Is.EqualTo(6));
    }

    [Test]
    public async Task A_busy_server_without_retry_after_is_an_error_at_once()
    {
        _server.Fault = _ => FakeApiServer.Failure(HttpStatusCode.TooManyRequests, "TooManyRequests");

        Assert.That((await Failure(() => _client.ListAsync(CoreResources.Pods))).IsTooManyRequests, Is.True);
        Assert.That(_server.Requests, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_first_401_is_retried_with_a_new_token_and_the_second_is_not()
    {
        var folder = Directory.CreateTempSubdirectory("token-");
        try
        {
            var file = Path.Combine(folder.FullName, "token");
            File.WriteAllText(file, "old");
            var tokens = new List<string?>();
            var accepted = "new";
            using var handler = new Handler(request =>
            {
                tokens.Add(request.Headers.Authorization?.Parameter);
                File.WriteAllText(file, "new");
                return tokens[^1] == accepted ? new HttpResponseMessage { Content = new StringContent("{}") } : FakeApiServer.Failure(HttpStatusCode.Unauthorized, "Unauthorized");
            });
            using var client = new KubernetesClient(
                new KubernetesClientConfiguration { Server = new Uri("http://s"), Credentials = new FileTokenSource(file, null, TimeProvider.System) }, handler);

            await client.GetVersionAsync();
            Assert.That(tokens, Is.EqualTo(new[] { "old", "new" }));

            accepted = "nothing";
            Assert.That((await Failure(() => client.GetVersionAsync())).IsUnauthorized, Is.True);
            Assert.That(tokens, Has.Count.EqualTo(4));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public async Task A_server_that_does_not_answer_gives_a_timeout_that_names_the_request()
    {
        var time = new ManualTimeProvider();
        using var handler = new Handler(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException("unreachable");
        });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler, time);

        var request = client.GetAsync(CoreResources.Pods, "ns", "p");
        await time.AdvanceUntilAsync(() => request.IsCompleted, TimeSpan.FromSeconds(10), "the timeout");

        Assert.That(async () => await request, Throws.TypeOf<TimeoutException>().With.Message.Contains("GET api/v1/namespaces/ns/pods/p"));
    }

    [Test]
    public async Task A_proxys_html_becomes_the_message()
    {
        using var handler = new Handler(_ => new HttpResponseMessage(HttpStatusCode.BadGateway) { Content = new StringContent("<html>no upstream</html>") });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s/prefix") }, handler);

        Assert.That((await Failure(() => client.GetVersionAsync())).Message, Does.Contain("no upstream").And.Contain("(502)"));
    }

    [Test]
    public async Task A_write_guard_stops_writes_and_lets_reads_through()
    {
        var guarded = _client.WithWriteGuard(_ => throw new InvalidOperationException("not leading"));
        _server.Put(CoreResources.ConfigMaps, Map("a", "1"));

        Assert.That((await guarded.GetAsync(CoreResources.ConfigMaps, "ns", "a")).Name, Is.EqualTo("a"));
        Assert.That(async () => await guarded.ApplyAsync(CoreResources.ConfigMaps, Map("b", "1"), "me"), Throws.InvalidOperationException);
        Assert.That(async () => await guarded.DeleteAsync(CoreResources.ConfigMaps, "ns", "a"), Throws.InvalidOperationException);
        Assert.That(_server.Requests.Select(request => request.Method), Is.EqualTo(new[] { "GET" }));
    }

    [Test]
    public async Task Resources_are_found_by_discovery()
    {
        using var handler = new Handler(request => request.RequestUri!.AbsolutePath switch
        {
            "/apis/autoscaling/v2" => FakeApiServer.Failure(HttpStatusCode.NotFound, "NotFound"),
            "/apis/apps/v1" => new HttpResponseMessage { Content = new StringContent("""{"resources":[{"name":"deployments"},{"name":"deployments/status"}]}""") },
            "/version" => new HttpResponseMessage { Content = new StringContent("""{"major":"1","minor":"20+","gitVersion":"v1.20.2"}""") },
            _ => new HttpResponseMessage { Content = new StringContent("log text") },
        });
        using var client = new KubernetesClient(new KubernetesClientConfiguration { Server = new Uri("http://s") }, handler);

        Assert.That(await client.HasResourceAsync("autoscaling/v2", "horizontalpodautoscalers"), Is.False);
        Assert.That(await client.HasResourceAsync("apps/v1", "deployments"), Is.True);
        Assert.That(await client.HasResourceAsync("apps/v1", "nothing"), Is.False);
        Assert.That((await client.GetVersionAsync()).GitVersion, Is.EqualTo("v1.20.2"));
        Assert.That(await client.GetLogsAsync("ns", "p", new LogOptions { Container = "c", TailLines = 3 }), Is.EqualTo("log text"));
    }

    static V1ConfigMap Map(string name, string value) =>
        new() { Metadata = new V1ObjectMeta { Namespace = "ns", Name = name }, Data = new Dictionary<string, string> { ["k"] = value } };

    static async Task<KubernetesException> Failure(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (KubernetesException e)
        {
            return e;
        }

        throw new AssertionException("no KubernetesException");
    }

    sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        public Handler(Func<HttpRequestMessage, HttpResponseMessage> answer)
            : this((request, _) => Task.FromResult(answer(request)))
        {
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
    }
}
