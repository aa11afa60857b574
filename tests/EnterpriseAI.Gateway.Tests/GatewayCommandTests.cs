using System.Net;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class GatewayCommandTests
{
    [TestCase("--http nowhere", "--http 'nowhere' is not allowed: it must be PORT, :PORT, IP:PORT")]
    [TestCase("--request-timeout soon", "--request-timeout 'soon' is not allowed: it must be a duration")]
    [TestCase("--connect-timeout 0s", "--connect-timeout '0s' is not allowed: it must be a duration from 1ms")]
    [TestCase("--max-request-bytes 0", "--max-request-bytes '0' is not allowed: it must be a whole number above 0")]
    [TestCase("--log-level loud", "--log-level 'loud' is not allowed: it must be Trace, Debug,")]
    [TestCase("--routes a --kubeconfig b", "--routes and --kubeconfig cannot be given together")]
    [TestCase("--route x", "Unrecognized command or argument '--route'")]
    [TestCase("--routes /nonexistent/routes.json", "/nonexistent/routes.json: Could not find")]
    [TestCase("--kubeconfig /nonexistent/config", "/nonexistent/config")]
    public async Task Bad_arguments_end_with_one_line_that_names_them(string arguments, string message)
    {
        var (code, output, error) = await RunAsync(arguments.Split(' '));

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Not.Zero);
            Assert.That(output, Is.Empty);
            Assert.That(error, Does.StartWith("gateway: ").And.Contain(message));
            Assert.That(error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
        });
    }

    [Test]
    public async Task A_routes_file_that_is_wrong_is_named_with_the_place()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, """{"services":[{}]}""");
            var (code, _, error) = await RunAsync("--routes", file);

            Assert.That((code, error.TrimEnd()), Is.EqualTo((1, $"gateway: {file}: $.services[0].namespace is missing")));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public async Task Help_lists_every_option()
    {
        var (code, output, _) = await RunAsync("--help");

        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero);
            foreach (var option in new[] { "--http", "--admin", "--routes", "--kubeconfig", "--request-timeout", "--drain", "--log-level" })
                Assert.That(output, Does.Contain(option));
        });
    }

    [TestCase("8080", null, 8080)]
    [TestCase(":8080", null, 8080)]
    [TestCase("*:8080", null, 8080)]
    [TestCase("http://127.0.0.1:0", "127.0.0.1", 0)]
    [TestCase("localhost:9", "127.0.0.1", 9)]
    [TestCase("[::1]:9", "::1", 9)]
    public void Addresses_are_understood(string text, string? address, int port) =>
        Assert.That(ListenAddress.Parse(text), Is.EqualTo(new ListenAddress(address is null ? null : IPAddress.Parse(address), port)));

    [TestCase("")]
    [TestCase("host")]
    [TestCase("host:80")]
    [TestCase("1.2.3.4:65536")]
    [TestCase("::1:9")]
    [TestCase("[1.2.3.4]:9")]
    [TestCase("https://:443")]
    public void Other_addresses_are_refused(string text) => Assert.That(ListenAddress.Parse(text), Is.Null);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await GatewayCommand.RunAsync(arguments, output, error, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
