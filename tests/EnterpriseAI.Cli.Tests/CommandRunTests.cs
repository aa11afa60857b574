namespace EnterpriseAI.Cli.Tests;

public sealed class CommandRunTests
{
    [TestCase("audit verify", "--directory")]
    [TestCase("approve", "name")]
    [TestCase("audit verify --directory=/tmp --key=x --nonsense", "--nonsense")]
    public async Task Wrong_arguments_are_named_in_one_line(string line, string named)
    {
        var (code, error) = await RunAsync(line);
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error.TrimEnd(), Does.StartWith("kubectl-enterpriseai: ").And.Contain(named).And.Not.Contain("\n"));
    }

    [Test]
    public async Task A_key_that_is_none_is_refused()
    {
        var (code, error) = await RunAsync($"audit verify --directory={Path.GetTempPath()} --key=nonsense");
        Assert.That((code, error.Length > 0), Is.EqualTo((1, true)));
    }

    [Test]
    public async Task A_missing_kubeconfig_is_named()
    {
        var (code, error) = await RunAsync("status --kubeconfig=/nowhere/config");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("/nowhere/config"));
    }

    [Test]
    public async Task An_address_of_another_scheme_is_refused()
    {
        var (code, error) = await RunAsync("audit list --url=ftp://log");
        Assert.That(code, Is.EqualTo(2));
        Assert.That(error, Does.Contain("ftp://log").And.Contain("http"));
    }

    private static async Task<(int Code, string Error)> RunAsync(string line)
    {
        using var error = new StringWriter();
        var code = await CommandRun.RunAsync(PluginCommand.Build(), line.Split(' '), error);
        return (code, error.ToString());
    }
}
