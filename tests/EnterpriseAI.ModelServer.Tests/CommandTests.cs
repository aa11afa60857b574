using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

public class CommandTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static Process Start(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "model-server"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Without this the server would export to whatever the test machine has.
        start.Environment.Remove("OTEL_EXPORTER_OTLP_ENDPOINT");
        return Process.Start(start)!;
    }

    private static async Task<(int ExitCode, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(Limit);
        return (process.ExitCode, await output, await error);
    }

    [TestCase("--model", "'--model'")]
    [TestCase("--http|nowhere|--model|m", "--http 'nowhere' is not valid: give PORT")]
    [TestCase("--model|m|--digest|md5:1", "--digest 'md5:1' is not valid: give 'sha256:'")]
    [TestCase("--model|m|--execution-provider|Gpu", "--execution-provider 'Gpu' is not valid: give Auto, Cpu, Cuda or TensorRt")]
    [TestCase("--model|m|--provider-option|=1", "--provider-option '=1' is not valid: give a key, '=' and a value")]
    [TestCase("--model|m|--device-memory-limit-bytes|-1", "--device-memory-limit-bytes '-1' is not valid: give a whole number, 0 or more")]
    [TestCase("--model|m|--max-batch-delay-us|x", "--max-batch-delay-us 'x' is not valid: give a whole number from 0 to 10000000")]
    [TestCase("--model|m|--intra-op-threads|0", "--intra-op-threads '0' is not valid: give a whole number from 1 to 1024")]
    [TestCase("--model|m|--log-level|Loud", "--log-level 'Loud' is not valid: give Trace")]
    [TestCase("--model|m|--bogus", "'--bogus'")]
    [TestCase("inspect", "'--model'")]
    [TestCase("inspect|--model|/nonexistent/model", "'/nonexistent/model' does not exist")]
    [TestCase("--model|/nonexistent/model|--http|127.0.0.1:0|--grpc|127.0.0.1:0", "'/nonexistent/model' does not exist")]
    [TestCase("--model|/nonexistent/model|--http|127.0.0.1:0|--grpc|none|--model-control|None", "'/nonexistent/model' does not exist")]
    [TestCase("--model|m|--grpc|nowhere", "--grpc 'nowhere' is not valid: give PORT")]
    [TestCase("--model|m|--access-log-sample-rate|2", "--access-log-sample-rate '2' is not valid: give a number from 0 to 1")]
    [TestCase("--model|m|--payload-sink|file:///x", "--payload-sink 'file:///x' is not valid: give an absolute http or https URL")]
    public async Task Bad_arguments_end_it_with_one_clear_line(string arguments, string expected)
    {
        var (exitCode, _, error) = await RunAsync(arguments.Split('|'));
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error.TrimEnd('\n').Split('\n'), Has.Length.EqualTo(1), error);
        Assert.That(error, Does.StartWith("model-server: ").And.Contain(expected));
    }

    [Test]
    public async Task Help_names_every_option()
    {
        var (exitCode, output, _) = await RunAsync("--help");
        Assert.That(exitCode, Is.Zero);
        foreach (var option in new[] { "--model", "--model-name", "--model-version", "--http", "--digest", "--public-key", "--require-signature", "--execution-provider", "--intra-op-threads", "--inter-op-threads", "--instances", "--allow-spinning", "--no-memory-arena", "--no-memory-pattern", "--device-id", "--device-memory-limit-bytes", "--provider-option", "--max-pending-requests", "--request-timeout-seconds", "--max-batch-size", "--max-batch-delay-us", "--max-request-bytes", "--grpc", "--payload-sink", "--model-control", "--termination-log", "inspect" })
            Assert.That(output, Does.Contain(option));
    }

    [Test]
    public async Task A_refused_model_leaves_its_reason_in_the_termination_log()
    {
        using var folder = new TemporaryFolder();
        var model = folder.Write("m.onnx", "not a model");
        foreach (var arguments in new[] { new[] { "inspect" }, ["--http", "127.0.0.1:0"] })
        {
            var log = folder.File("termination-log");
            var (exitCode, _, _) = await RunAsync([.. arguments, "--model", model, "--termination-log", log]);
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(await File.ReadAllTextAsync(log), Is.EqualTo($$$"""{"error":{"reason":"NotOnnx","message":"'{{{model}}}' is not an ONNX model"}}"""));
            File.Delete(log);
        }
    }

    [Test]
    public async Task Inspection_is_the_last_line_and_the_termination_message()
    {
        using var folder = new TemporaryFolder();
        var log = folder.File("log");
        var (exitCode, output, error) = await RunAsync("inspect", "--model", folder.Write("m.onnx", OnnxModels.Linear()), "--termination-log", log);
        Assert.That(exitCode, Is.Zero, error);
        Assert.That(output.TrimEnd('\n').Split('\n')[^1], Is.EqualTo(await File.ReadAllTextAsync(log)));
        Assert.That(output, Does.Contain("""{"digest":"sha256:"""));
    }

    [Test]
    public async Task SIGTERM_ends_it_in_order()
    {
        using var folder = new TemporaryFolder();
        using var process = Start("--model", folder.Write("m.onnx", OnnxModels.Linear()), "--http", "127.0.0.1:0");
        try
        {
            var line = "";
            while (line is not null && !line.Contains("is ready", StringComparison.Ordinal))
                line = await process.StandardOutput.ReadLineAsync().WaitAsync(Limit);
            Assert.That(line, Does.Contain("model m is ready"));
            Assert.That(Kill(process.Id, 15), Is.Zero);
            _ = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(Limit);
            Assert.That(process.ExitCode, Is.Zero);
        }
        finally
        {
            process.Kill();
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    [Test]
    public void A_long_result_is_compressed_and_one_that_does_not_fit_is_an_error()
    {
        Assert.That(TerminationLog.Encode("{}"), Is.EqualTo("{}"));
        var compressed = TerminationLog.Encode("\"" + new string('x', 5_000) + "\"");
        Assert.That(compressed, Does.StartWith("gzip:").And.Length.LessThan(4096));
        using var gzip = new System.IO.Compression.GZipStream(new MemoryStream(Convert.FromBase64String(compressed[5..])), System.IO.Compression.CompressionMode.Decompress);
        Assert.That(new StreamReader(gzip, Encoding.UTF8).ReadToEnd(), Has.Length.EqualTo(5_002));
        var random = new byte[8_000];
        new Random(1).NextBytes(random);
        Assert.That(TerminationLog.Encode(Convert.ToBase64String(random)), Does.Contain("ResultTooLarge"));
    }

    [TestCase("8080", null, 8080)]
    [TestCase(":8080", null, 8080)]
    [TestCase("*:1", null, 1)]
    [TestCase("http://0.0.0.0:80/", "0.0.0.0", 80)]
    [TestCase("localhost:0", "127.0.0.1", 0)]
    [TestCase("[::1]:65535", "::1", 65535)]
    public void Addresses_are_read(string text, string? address, int port)
    {
        var parsed = ListenAddress.Parse(text)!;
        Assert.That((parsed.Address?.ToString(), parsed.Port), Is.EqualTo((address, port)));
    }

    [TestCase("")]
    [TestCase("host:80")]
    [TestCase("::1:80")]
    [TestCase("1.2.3.4:65536")]
    [TestCase("1.2.3.4")]
    [TestCase("https://1.2.3.4:80")]
    public void Other_addresses_are_not(string text) => Assert.That(ListenAddress.Parse(text), Is.Null);
}
