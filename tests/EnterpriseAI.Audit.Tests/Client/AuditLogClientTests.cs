using System.Net;

namespace EnterpriseAI.Audit.Tests.Client;

[CancelAfter(30_000)]
public sealed class AuditLogClientTests
{
    [Test]
    public void A_log_that_is_away_is_unavailable(CancellationToken cancellation)
    {
        using var http = Http((_, _) => throw new HttpRequestException("connection refused"));
        Assert.That(() => new AuditLogClient(http).AppendAsync(TestEvents.Event(1), cancellation),
            Throws.TypeOf<AuditUnavailableException>().With.Message.Contain("http://log.example/proxy/").And.Message.Contain("refused"));
    }

    [Test]
    public void A_log_that_does_not_answer_is_unavailable_after_the_timeout(CancellationToken cancellation)
    {
        using var http = Http(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException("not reached");
        });
        Assert.That(() => new AuditLogClient(http, timeout: TimeSpan.FromMilliseconds(50)).AppendAsync(TestEvents.Event(1), cancellation),
            Throws.TypeOf<AuditUnavailableException>().With.Message.Contain("0.05 s"));
    }

    [Test]
    public void The_callers_own_cancellation_is_not_an_unavailable_log()
    {
        using var http = Http(async (_, token) =>
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
            throw new InvalidOperationException("not reached");
        });
        using var cancelled = new CancellationTokenSource(20);
        Assert.That(() => new AuditLogClient(http).AppendAsync(TestEvents.Event(1), cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(503, "{\"error\":{\"reason\":\"Unavailable\",\"message\":\"no space\"}}", "no space")]
    [TestCase(502, "<html>bad gateway</html>", "502")]
    [TestCase(400, "<html>bad request</html>", "400")]
    [TestCase(200, "<html>welcome</html>", "something else")]
    [TestCase(200, "null", "something else")]
    [TestCase(401, "", "401")]
    public void Any_other_answer_is_unavailable(int status, string body, string message)
    {
        using var http = Http((_, _) => Task.FromResult(new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) }));
        Assert.That(() => new AuditLogClient(http).AppendAsync(TestEvents.Event(1), CancellationToken.None),
            Throws.TypeOf<AuditUnavailableException>().With.Message.Contain(message));
    }

    [Test]
    public void A_missing_token_file_is_unavailable() =>
        Assert.That(() => new AuditLogClient(Http((_, _) => throw new InvalidOperationException("not reached")), "/nowhere/token").AppendAsync(TestEvents.Event(1), CancellationToken.None),
            Throws.TypeOf<AuditUnavailableException>().With.Message.Contain("/nowhere/token"));

    [Test]
    public async Task The_path_of_a_proxy_is_kept(CancellationToken cancellation)
    {
        Uri? asked = null;
        using var http = Http((request, _) =>
        {
            asked = request.RequestUri;
            return Task.FromResult(new HttpResponseMessage { Content = new StringContent("{\"index\":3,\"duplicate\":true}") });
        });
        Assert.That(await new AuditLogClient(http).AppendAsync(TestEvents.Event(1), cancellation), Is.EqualTo(new AppendResult(3, true)));
        Assert.That(asked!.AbsoluteUri, Is.EqualTo("http://log.example/proxy/v1/entries"));
    }

    private static HttpClient Http(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) =>
        new(new Handler(answer)) { BaseAddress = new Uri("http://log.example/proxy") };

    private sealed class Handler(Func<HttpRequestMessage, CancellationToken, Task<HttpResponseMessage>> answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => answer(request, cancellationToken);
    }
}
