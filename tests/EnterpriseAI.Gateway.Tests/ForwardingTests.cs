using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using EnterpriseAI.Gateway.Routing;
using Microsoft.AspNetCore.Http;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class ForwardingTests
{
    private const string Infer = "/v2/models/penguins/infer";

    [Test]
    public async Task A_request_and_its_answer_cross_unchanged()
    {
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.Response.StatusCode = StatusCodes.Status201Created;
            context.Response.ContentType = "text/x-told";
            context.Response.Headers["x-told"] = new[] { "one", "two" };
            var body = await new StreamReader(context.Request.Body).ReadToEndAsync(context.RequestAborted);
            await context.Response.WriteAsync($"{context.Request.Method} {context.Request.Path}{context.Request.QueryString} {body}");
        });
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));

        using var response = await gateway.Client.PutAsync(Infer + "?a=b%20c", new StringContent("grüße"));

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Created));
            Assert.That(await response.Content.ReadAsStringAsync(), Is.EqualTo("PUT /v2/models/penguins/infer?a=b%20c grüße"));
            Assert.That(response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/x-told"));
            Assert.That(response.Headers.GetValues("x-told"), Is.EqualTo(new[] { "one", "two" }));
            Assert.That(response.Headers.GetValues("x-enterpriseai-revision"), Is.EqualTo(new[] { "a" }));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 0L)));
        });
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_body_of_a_megabyte_comes_back_as_it_was(bool lengthKnown)
    {
        await using var upstream = await TestUpstream.EchoAsync();
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));
        var bytes = RandomNumberGenerator.GetBytes(1_000_003);
        using var request = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = new ByteArrayContent(bytes) };
        request.Headers.TransferEncodingChunked = !lengthKnown;

        using var response = await gateway.Client.SendAsync(request);

        Assert.That(await response.Content.ReadAsByteArrayAsync(), Is.EqualTo(bytes));
    }

    [Test]
    public async Task Headers_of_one_hop_stay_on_it()
    {
        var seen = new HeaderDictionary();
        await using var upstream = await TestUpstream.KeepingHeadersAsync(seen, response =>
        {
            response.Headers["Keep-Alive"] = "timeout=5";
            response.Headers["Proxy-Authenticate"] = "Basic";
            response.Headers["X-Enterpriseai-Revision"] = "forged";
        });
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));
        using var request = new HttpRequestMessage(HttpMethod.Get, Infer);
        request.Headers.TryAddWithoutValidation("Connection", "x-private");
        request.Headers.TryAddWithoutValidation("X-Private", "1");
        request.Headers.TryAddWithoutValidation("Proxy-Authorization", "Basic eDp5");
        request.Headers.TryAddWithoutValidation("TE", "trailers");
        request.Headers.TryAddWithoutValidation("X-Kept", "schön");
        request.Headers.TryAddWithoutValidation("X-Forwarded-For", "203.0.113.9");
        using var client = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1 });
        request.RequestUri = new Uri(gateway.Address, Infer);

        using var response = await client.SendAsync(request);

        Assert.Multiple(() =>
        {
            Assert.That(seen.Keys, Has.None.AnyOf("X-Private", "Proxy-Authorization", "TE", "Keep-Alive"));
            Assert.That(seen["Connection"].ToString(), Is.Empty);
            Assert.That(seen["X-Forwarded-For"].ToString(), Is.EqualTo("203.0.113.9, 127.0.0.1"));
            Assert.That(seen["X-Forwarded-Host"].ToString(), Is.EqualTo(gateway.Address.Authority));
            Assert.That(seen["X-Forwarded-Proto"].ToString(), Is.EqualTo("http"));
            Assert.That(seen["X-Kept"].ToString(), Is.EqualTo("schön"));
            Assert.That(response.Headers.Select(header => header.Key), Has.None.AnyOf("Keep-Alive", "Proxy-Authenticate"));
            Assert.That(response.Headers.GetValues("x-enterpriseai-revision"), Is.EqualTo(new[] { "a" }));
        });
    }

    [Test]
    public async Task The_trace_goes_on_and_the_request_has_an_id()
    {
        var seen = new HeaderDictionary();
        await using var upstream = await TestUpstream.KeepingHeadersAsync(seen, _ => { });
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));
        using var request = new HttpRequestMessage(HttpMethod.Get, Infer);
        request.Headers.Add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        request.Headers.Add("x-request-id", "mine-7");
        using var raw = new HttpMessageInvoker(new SocketsHttpHandler { ActivityHeadersPropagator = null });
        request.RequestUri = new Uri(gateway.Address, Infer);

        using var response = await raw.SendAsync(request, CancellationToken.None);
        var trace = seen["traceparent"].ToString();
        using var second = await gateway.Client.GetAsync(Infer);

        Assert.Multiple(() =>
        {
            Assert.That(trace, Does.StartWith("00-0af7651916cd43dd8448eb211c80319c-").And.Not.Contain("b7ad6b7169203331"));
            Assert.That(response.Headers.GetValues("x-request-id").Single(), Is.EqualTo("mine-7"));
            Assert.That(second.Headers.GetValues("x-request-id").Single(), Does.Match("^[0-9a-f]{32}$"));
            Assert.That(seen["x-request-id"].ToString(), Is.EqualTo(second.Headers.GetValues("x-request-id").Single()));
        });
    }

    [Test]
    public async Task An_error_of_the_model_server_passes_through_and_counts()
    {
        await using var upstream = await TestUpstream.SayingAsync("broken", StatusCodes.Status500InternalServerError);
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));

        using var response = await gateway.Client.GetAsync(Infer);

        Assert.Multiple(async () =>
        {
            Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.InternalServerError, "broken")));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
        });
    }

    [Test]
    public async Task A_client_error_does_not_count_against_the_revision()
    {
        await using var upstream = await TestUpstream.SayingAsync("{\"error\":\"shape\"}", StatusCodes.Status400BadRequest);
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));

        using var response = await gateway.Client.GetAsync(Infer);

        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task Streamed_answers_arrive_part_by_part()
    {
        var more = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            await more.Task;
            await context.Response.WriteAsync("second");
        });
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));

        using var response = await gateway.Client.GetAsync(Infer, HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var buffer = new byte[100];
        var read = await stream.ReadAsync(buffer);
        more.SetResult();

        Assert.That((read, await new StreamReader(stream).ReadToEndAsync()), Is.EqualTo((5, "second")));
    }

    [Test]
    public async Task Head_requests_have_no_body()
    {
        await using var upstream = await TestUpstream.StartAsync(context =>
        {
            context.Response.ContentLength = 42;
            return Task.CompletedTask;
        });
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address));

        using var response = await gateway.Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, Infer));

        Assert.That((response.StatusCode, response.Content.Headers.ContentLength), Is.EqualTo((HttpStatusCode.OK, 42L)));
    }

    [Test]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_sent()
    {
        await using var upstream = await TestUpstream.EchoAsync();
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address), options => options with { MaxRequestBytes = 1000 });

        using var response = await gateway.Client.PostAsync(Infer, new ByteArrayContent(new byte[1001]));

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
            Assert.That(await ErrorOf(response), Is.EqualTo("the request body is larger than the 1000 bytes allowed"));
            Assert.That(upstream.Requests, Is.Zero);
        });
    }

    [Test]
    public async Task A_body_that_turns_out_too_large_is_refused_and_not_blamed_on_the_revision()
    {
        await using var upstream = await TestUpstream.EchoAsync();
        await using var gateway = await TestGateway.StartAsync(Stable(upstream.Address), options => options with { MaxRequestBytes = 100_000 });
        using var request = new HttpRequestMessage(HttpMethod.Post, Infer) { Content = new ByteArrayContent(new byte[300_000]) };
        request.Headers.TransferEncodingChunked = true;

        try
        {
            using var response = await gateway.Client.SendAsync(request);
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.RequestEntityTooLarge));
        }
        catch (HttpRequestException)
        {
            // An echo that has begun to answer can only be broken off.
        }

        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task A_service_without_ready_endpoints_says_so_and_when_to_come_back()
    {
        await using var gateway = await TestGateway.StartAsync(Routes.Table(Routes.Service(Routes.Revision("a", 100))));

        using var response = await gateway.Client.GetAsync(Infer);

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(await ErrorOf(response), Is.EqualTo("service default/penguins has no ready endpoint for its stable revision 'a'; try again"));
            Assert.That(gateway.Service.Unserved, Is.EqualTo(1));
        });
    }

    [Test]
    public async Task An_unknown_service_is_a_404_with_the_choices()
    {
        await using var gateway = await TestGateway.StartAsync();

        using var response = await gateway.Client.GetAsync("/v2/models/nobody/infer");

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
            Assert.That(await ErrorOf(response), Is.EqualTo("no service is named 'nobody'"));
        });
    }

    [Test]
    public async Task No_client_sees_an_error_while_tables_change_and_the_share_is_kept()
    {
        await using var a = await TestUpstream.SayingAsync("a");
        await using var b = await TestUpstream.SayingAsync("b");
        await using var gateway = await TestGateway.StartAsync(Stable(a.Address));
        using var stop = new CancellationTokenSource();
        var swaps = Task.Run(() =>
        {
            for (var i = 0; !stop.IsCancellationRequested; i++)
            {
                var weight = i % 3 * 25;
                gateway.Apply(Routes.Table(Routes.Service(Routes.Revision("a", 100 - weight, a.Address), Routes.Revision("b", weight, b.Address))));
                Thread.Yield();
            }
        });

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var seen = new List<(HttpStatusCode, string, string)>();
            for (var i = 0; i < 150; i++)
            {
                using var response = await gateway.Client.PostAsJsonAsync(Infer, new[] { i });
                seen.Add((response.StatusCode, response.Headers.GetValues("x-enterpriseai-revision").Single(), await response.Content.ReadAsStringAsync()));
            }
            return seen;
        }));
        await stop.CancelAsync();
        await swaps;

        Assert.Multiple(() =>
        {
            Assert.That(answers.SelectMany(seen => seen).Select(answer => answer.Item1), Is.All.EqualTo(HttpStatusCode.OK));
            Assert.That(answers.SelectMany(seen => seen).All(answer => answer.Item2 == answer.Item3), Is.True, "the header names who answered");
            Assert.That(a.Requests + b.Requests, Is.EqualTo(1200));
            Assert.That(b.Requests, Is.InRange(100, 600));
        });
    }

    internal static RouteTable Stable(params Uri[] endpoints) => Routes.Table(Routes.Service(Routes.Revision("a", 100, endpoints)));

    internal static async Task<string?> ErrorOf(HttpResponseMessage response)
    {
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString();
    }
}
