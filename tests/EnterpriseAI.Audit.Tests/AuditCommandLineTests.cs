using EnterpriseAI.Audit.Tests.Server;

namespace EnterpriseAI.Audit.Tests;

public sealed class AuditCommandLineTests
{
    [Test]
    public async Task Help_names_every_option([Values("", "verify", "export")] string command)
    {
        var (code, output, error) = await Run([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.That((code, error), Is.EqualTo((0, "")));
        foreach (var option in command switch
        {
            "verify" => new[] { "--folder", "--key", "--older-checkpoint" },
            "export" => ["--from", "--to"],
            _ => ["--directory", "--http", "--origin", "--key", "--token-file", "verify", "export"],
        })
            Assert.That(output, Does.Contain(option));
    }

    [TestCase("", "--directory")]
    [TestCase("--directory D", "--http")]
    [TestCase("--directory D --http here", "--http 'here'")]
    [TestCase("--directory D --http 127.0.0.1", "--http '127.0.0.1'")]
    [TestCase("--directory D --http 127.0.0.1:99999", "127.0.0.1:99999")]
    [TestCase("--directory D --http ::1", "::1")]
    [TestCase("--directory D --http 127.0.0.1:0 --what", "--what")]
    [TestCase("verify --folder D", "--key")]
    [TestCase("export --from D --to E", "--from 'D'")]
    public async Task A_wrong_argument_is_one_line_that_names_it(string arguments, string name)
    {
        var (code, _, error) = await Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.TrimEnd('\n'), Does.StartWith("audit-log: ").And.Contain(name).And.Not.Contain("\n"));
    }

    [Test]
    public async Task A_failure_is_one_line_that_names_the_file()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("key"), "nonsense");
        await CheckFails(["--directory", folder.File("log"), "--http", "127.0.0.1:0", "--key", folder.File("key")], folder.File("key"));
        await CheckFails(["--directory", folder.File("key"), "--http", "127.0.0.1:0"], folder.File("key"));
        await CheckFails(["--directory", folder.File("log"), "--http", "127.0.0.1:0", "--token-file", folder.File("token")], folder.File("token"));
        await CheckFails(["verify", "--folder", folder.File("none"), "--key", folder.File("key")], "verifier key");
        await CheckFails(["export", "--from", "http://127.0.0.1:1", "--to", folder.File("copy")], "127.0.0.1:1");

        static async Task CheckFails(string[] arguments, string name)
        {
            var (code, _, error) = await Run(arguments);
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error.TrimEnd('\n'), Does.StartWith("audit-log: ").And.Contain(name).And.Not.Contain("\n"));
        }
    }

    [Test]
    public async Task An_exported_log_verifies_and_a_changed_one_does_not()
    {
        await using var server = await TestServer.StartAsync();
        for (var i = 0; i < 4; i++) await server.Client.AppendAsync(TestEvents.Event(i), CancellationToken.None);
        using var folder = new TemporaryFolder();
        var (key, old, copy) = (folder.File("log.pub"), folder.File("old"), folder.File("copy"));
        await File.WriteAllTextAsync(key, $"{server.Server.Key}\n");
        await File.WriteAllBytesAsync(old, await server.Client.GetCheckpointAsync(CancellationToken.None));
        await server.Client.AppendAsync(TestEvents.Event(9), CancellationToken.None);

        var (code, output, _) = await Run(["export", "--from", server.Server.Address.ToString(), "--to", copy]);
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.Contain("5 entries"));
        (code, output, _) = await Run(["verify", "--folder", copy, "--key", key, "--older-checkpoint", old]);
        Assert.That(code, Is.Zero);
        Assert.That(output, Does.StartWith("good: 5 entries"));

        var bundle = Path.Combine(copy, "tile/entries/000.p/5");
        var bytes = await File.ReadAllBytesAsync(bundle);
        bytes[^3] ^= 1;
        await File.WriteAllBytesAsync(bundle, bytes);
        (code, output, var error) = await Run(["verify", "--folder", copy, "--key", key]);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output, Does.StartWith("tile/entries/000.p/5: entry 4, bytes "));
        Assert.That(error, Does.StartWith("audit-log: the copy is not good: 1 fault"));
    }

    private static async Task<(int Code, string Output, string Error)> Run(string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        // A serving process would wait for its end; none of these shall get that far.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var code = await AuditCommandLine.RunAsync(arguments, output, error, limit.Token);
        return (code, output.ToString(), error.ToString());
    }
}
