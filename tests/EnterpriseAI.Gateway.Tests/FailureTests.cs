using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class FailureTests
{
    private const string Infer = "/v2/models/penguins/infer";

    [Test]
    public async Task A_server_that_is_not_there_is_a_502_that_says_so()
    {
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(RawUpstream.Nobody()));

        using var response = await gateway.Client.PostAsync(Infer, new StringContent("{}"));

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(await ForwardingTests.ErrorOf(response), Is.EqualTo("revision 'a' of service default/penguins refused the connection or is unreachable"));
            Assert.That(response.Headers.GetValues("x-enterpriseai-revision").Single(), Is.EqualTo("a"));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
        });
    }

    [Test]
    public async Task A_request_that_could_not_be_sent_goes_to_another_endpoint()
    {
        await using var upstream = await TestUpstream.EchoAsync();
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(RawUpstream.Nobody(), upstream.Address));

        for (var i = 0; i < 20; i++)
        {
            using var response = await gateway.Client.PostAsync(Infer, new StringContent("body " + i));
            Assert.That((response.StatusCode, await response.Content.ReadAsStringAsync()), Is.EqualTo((HttpStatusCode.OK, "body " + i)));
        }

        Assert.That(await gateway.CountsAsync("a", 20), Is.EqualTo((20L, 0L)));
    }

    [Test]
    public async Task Two_endpoints_that_are_away_are_tried_once_each()
    {
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(RawUpstream.Nobody(), RawUpstream.Nobody(), RawUpstream.Nobody()));

        using var response = await gateway.Client.GetAsync(Infer);

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
        });
    }

    [TestCase("GET")]
    [TestCase("POST")]
    public async Task A_request_that_may_have_arrived_is_never_sent_again(string method)
    {
        await using var breaking = new RawUpstream(async (socket, stop) =>
        {
            await RawUpstream.ReadHeadersAsync(socket, stop);
            socket.LingerState = new LingerOption(true, 0);
        });
        await using var other = new RawUpstream(async (socket, stop) =>
        {
            await RawUpstream.ReadHeadersAsync(socket, stop);
            socket.LingerState = new LingerOption(true, 0);
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(breaking.Address, other.Address));
        using var request = new HttpRequestMessage(new HttpMethod(method), Infer) { Content = method == "POST" ? new StringContent("{}") : null };

        using var response = await gateway.Client.SendAsync(request);

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(await ForwardingTests.ErrorOf(response), Does.EndWith("closed the connection before its answer was complete"));
            Assert.That(breaking.Connections + other.Connections, Is.EqualTo(1));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
        });
    }

    [Test]
    public async Task A_server_that_never_answers_is_a_504()
    {
        await using var silent = new RawUpstream((_, stop) => Task.Delay(Timeout.Infinite, stop));
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(silent.Address),
            options => options with { RequestTimeout = TimeSpan.FromMilliseconds(200) });

        using var response = await gateway.Client.PostAsync(Infer, new StringContent("{}"));

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.GatewayTimeout));
            Assert.That(await ForwardingTests.ErrorOf(response), Is.EqualTo("revision 'a' of service default/penguins did not answer within 0.2 s"));
            Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
        });
    }

    [Test]
    public async Task A_server_that_talks_nonsense_is_a_502()
    {
        await using var nonsense = new RawUpstream(async (socket, stop) =>
        {
            await RawUpstream.ReadHeadersAsync(socket, stop);
            await socket.SendAsync("220 mail.example.com ESMTP\r\n\r\n"u8.ToArray(), stop);
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(nonsense.Address));

        using var response = await gateway.Client.GetAsync(Infer);

        Assert.Multiple(async () =>
        {
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadGateway));
            Assert.That(await ForwardingTests.ErrorOf(response), Does.EndWith("sent something that is not an HTTP response"));
        });
    }

    [Test]
    public async Task An_answer_that_breaks_off_does_not_pass_for_a_whole_one()
    {
        await using var breaking = new RawUpstream(async (socket, stop) =>
        {
            await RawUpstream.ReadHeadersAsync(socket, stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray(), stop);
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(breaking.Address));

        Assert.That(async () => await gateway.Client.GetStringAsync(Infer), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public async Task A_server_that_stops_in_the_middle_of_its_answer_is_given_up()
    {
        await using var halting = new RawUpstream(async (socket, stop) =>
        {
            await RawUpstream.ReadHeadersAsync(socket, stop);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"u8.ToArray(), stop);
            await Task.Delay(Timeout.Infinite, stop);
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(halting.Address),
            options => options with { RequestTimeout = TimeSpan.FromMilliseconds(200) });

        Assert.That(async () => await gateway.Client.GetStringAsync(Infer), Throws.InstanceOf<HttpRequestException>());
        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 1L)));
    }

    [Test]
    public async Task A_client_that_goes_away_is_not_an_error_and_the_server_is_told()
    {
        var arrived = new TaskCompletionSource();
        var toldToStop = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            context.RequestAborted.Register(() => toldToStop.TrySetResult());
            arrived.TrySetResult();
            await toldToStop.Task;
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));
        using var patience = new CancellationTokenSource();

        var request = gateway.Client.PostAsync(Infer, new StringContent("{}"), patience.Token);
        await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await patience.CancelAsync();
        Assert.That(async () => await request, Throws.InstanceOf<OperationCanceledException>());
        await toldToStop.Task.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task A_client_that_goes_away_while_sending_is_not_an_error()
    {
        var arrived = new TaskCompletionSource();
        await using var upstream = await TestUpstream.StartAsync(async context =>
        {
            arrived.TrySetResult();
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        });
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
            await socket.SendAsync("POST /v2/models/penguins/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\npart"u8.ToArray());
            await arrived.Task.WaitAsync(TimeSpan.FromSeconds(10));
            socket.LingerState = new LingerOption(true, 0);
        }

        Assert.That(await gateway.CountsAsync("a", 1), Is.EqualTo((1L, 0L)));
    }

    [Test]
    public async Task A_server_that_answers_without_reading_the_body_leaves_the_connection_usable()
    {
        await using var upstream = await TestUpstream.SayingAsync("no", StatusCodes.Status400BadRequest);
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));

        for (var i = 0; i < 10; i++)
        {
            using var response = await gateway.Client.PostAsync(Infer, new ByteArrayContent(new byte[500_000]));
            Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        }
    }

    [TestCase("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "HTTP/1.1 400")]
    [TestCase("GET http://penguins.default/v2/models/penguins HTTP/1.1\r\nHost: penguins.default\r\nConnection: close\r\n\r\n", "HTTP/1.1 200")]
    [TestCase("GET /v2 HTTP/1.1\r\nHost: penguins.default\r\nConnection: close\r\n\r\n", "HTTP/1.1 200")]
    public async Task Unusual_targets_are_understood_or_refused(string request, string expected)
    {
        await using var upstream = await TestUpstream.SayingAsync("yes");
        await using var gateway = await TestGateway.StartAsync(ForwardingTests.Stable(upstream.Address));
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, gateway.Address.Port);
        await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes(request));
        await using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);

        Assert.That(await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(10)), Does.StartWith(expected));
    }
}
