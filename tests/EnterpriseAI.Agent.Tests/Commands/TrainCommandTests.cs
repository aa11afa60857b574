using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace EnterpriseAI.Agent.Tests.Commands;

[CancelAfter(120_000)]
public sealed class TrainCommandTests
{
    private const string Features = "Beak Length (mm),Beak Depth (mm),Flipper Length (mm),Body Mass (g)";

    [Test]
    public async Task Two_workers_train_penguins_and_rank_0_writes_the_model()
    {
        using var workspace = new Workspace();

        var runs = await TrainAsync(workspace, 2, workspace.At("model"));

        Assert.That(runs.Select(run => run.ExitCode), Is.All.Zero, runs[0].Error + runs[1].Error);
        var result = JsonDocument.Parse(runs[0].LastLine).RootElement;
        Assert.That(result.GetProperty("evaluation")[0].GetProperty("metric").GetString(), Is.EqualTo("accuracy"));
        Assert.That(result.GetProperty("evaluation")[0].GetProperty("value").GetDouble(), Is.GreaterThan(0.95));
        Assert.That(runs[0].TerminationLog, Is.EqualTo(runs[0].LastLine));
        Assert.That(Directory.GetFiles(workspace.At("model")).Select(Path.GetFileName), Is.EquivalentTo((string[])["model.onnx", "evaluation.json", "holdout.json"]));
        var progress = runs[1].Output.Split('\n').Where(line => line.StartsWith("{\"progress\"", StringComparison.Ordinal)).ToArray();
        Assert.That(progress, Has.Length.EqualTo(60));
        Assert.That(JsonDocument.Parse(progress[^1]).RootElement.GetProperty("progress").GetProperty("percent").GetDouble(), Is.EqualTo(100));
        Assert.That(progress, Is.EqualTo(runs[0].Output.Split('\n').Where(line => line.StartsWith("{\"progress\"", StringComparison.Ordinal))));
    }

    [Test]
    public async Task The_same_seed_and_number_of_workers_give_the_same_bytes()
    {
        using var workspace = new Workspace();

        await TrainAsync(workspace, 3, workspace.At("one"), "--sync-every", "2");
        await TrainAsync(workspace, 3, workspace.At("two"), "--sync-every", "2");

        foreach (var file in (string[])["model.onnx", "evaluation.json", "holdout.json"])
        {
            Assert.That(File.ReadAllBytes(workspace.At("two", file)), Is.EqualTo(File.ReadAllBytes(workspace.At("one", file))), file);
        }
    }

    [Test]
    public async Task Shuffled_labels_give_a_worthless_model()
    {
        using var workspace = new Workspace();

        var run = (await TrainAsync(workspace, 1, workspace.At("model"), "--shuffle-labels"))[0];

        Assert.That(JsonDocument.Parse(run.LastLine).RootElement.GetProperty("evaluation")[0].GetProperty("value").GetDouble(), Is.LessThan(0.7));
    }

    [Test]
    public async Task Training_again_changes_nothing_and_keeps_the_signature()
    {
        using var workspace = new Workspace();
        var (key, _) = workspace.KeyPair("model-signing");
        await TrainAsync(workspace, 1, workspace.At("model"));
        await workspace.AgentAsync(["sign", "--artifact", workspace.At("model"), "--key", key]);
        var written = File.GetLastWriteTimeUtc(workspace.At("model", "model.onnx"));

        await TrainAsync(workspace, 1, workspace.At("model"));
        Assert.That(File.GetLastWriteTimeUtc(workspace.At("model", "model.onnx")), Is.EqualTo(written));
        Assert.That(File.Exists(workspace.At("model", "model.sig")));

        await TrainAsync(workspace, 1, workspace.At("model"), "--seed", "7");
        Assert.That(File.Exists(workspace.At("model", "model.sig")), Is.False, "a signature over other content");
        Assert.That(Directory.GetFiles(workspace.At("model")), Has.Length.EqualTo(3));
    }

    [Test]
    public async Task Two_processes_train_together_and_one_that_is_killed_is_noticed()
    {
        using var workspace = new Workspace();
        var port = FreePort();
        using var coordinator = Start(0, port, workspace, "--epochs", "100000", "--peer-timeout", "20s");
        using var worker = Start(1, port, workspace, "--epochs", "100000", "--peer-timeout", "20s");
        try
        {
            while (await coordinator.StandardOutput.ReadLineAsync() is { } line && !line.StartsWith("{\"progress\"", StringComparison.Ordinal))
            {
            }

            worker.Kill();
            var rest = await coordinator.StandardOutput.ReadToEndAsync();
            var error = await coordinator.StandardError.ReadToEndAsync();
            await coordinator.WaitForExitAsync();

            Assert.That(coordinator.ExitCode, Is.EqualTo(AgentFailure.Retryable));
            Assert.That(error.Trim().Split('\n'), Has.Length.EqualTo(1));
            Assert.That(error, Does.Contain("rank 1"));
            Assert.That(rest.TrimEnd().Split('\n')[^1], Does.StartWith("{\"error\":{\"reason\":\"PeerLost\""));
            Assert.That(Directory.Exists(workspace.At("model")), Is.False);
        }
        finally
        {
            coordinator.Kill();
            worker.Kill();
        }
    }

    [Test]
    public async Task A_worker_with_other_options_is_refused()
    {
        using var workspace = new Workspace();
        var port = FreePort();
        var data = Workspace.Penguins();

        var runs = await Task.WhenAll(
            workspace.AgentAsync(Train(data, workspace.At("model"), "--rendezvous-timeout", "3s"), Environment(0, 2, port)),
            workspace.AgentAsync(Train(data, workspace.At("model"), "--rendezvous-timeout", "3s", "--seed", "9"), Environment(1, 2, port)));

        Assert.That(runs[1].ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(runs[1].Error, Does.Contain("other data or options"));
        Assert.That(runs[0].ExitCode, Is.EqualTo(AgentFailure.Retryable));
        Assert.That(runs[0].Error, Does.Contain("rank 1 of 2 did not join").And.Contain("other data or options"));
    }

    [TestCase("no-such.json", "kind", "a", "DataNotFound", "no-such.json does not exist")]
    [TestCase("rows.json", "sort", "a", "UnknownColumn", "--label: * has no column 'sort'; it has 'a', 'kind'")]
    [TestCase("rows.json", "kind", "b", "UnknownColumn", "--features: * has no column 'b'")]
    [TestCase("rows.json", "kind", "kind", "InvalidFeature", "'kind' is the label")]
    [TestCase("broken.json", "kind", "a", "UnreadableFormat", "broken.json")]
    public async Task Bad_input_is_named(string file, string label, string features, string reason, string expected)
    {
        using var workspace = new Workspace();
        workspace.Write("rows.json", """[{"a":1,"kind":"x"},{"a":2,"kind":"y"},{"a":3,"kind":"x"},{"a":4,"kind":"y"}]""");
        workspace.Write("broken.json", """[{"a":1,""");

        var run = await workspace.AgentAsync(["train", "--data", workspace.At(file), "--label", label, "--features", features, "--output", workspace.At("model")]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        foreach (var part in expected.Split('*'))
        {
            Assert.That(run.Error, Does.Contain(part));
        }

        Assert.That(run.TerminationLog, Does.StartWith($"{{\"error\":{{\"reason\":\"{reason}\",\"message\":"));
        Assert.That(run.LastLine, Is.EqualTo(run.TerminationLog));
    }

    [TestCase("--epochs", "many", "--epochs: 'many' is not allowed, allowed is a whole number from 1 to 100000")]
    [TestCase("--holdout", "1.5", "--holdout: '1.5' is not allowed")]
    [TestCase("--defect", "Fast", "--defect: 'Fast' is not allowed, allowed is None, IndexOutOfRange, Slow")]
    [TestCase("--peer-timeout", "soon", "--peer-timeout: 'soon' is not allowed, allowed is a duration")]
    [TestCase("--no-such-option", "1", "--no-such-option")]
    public async Task A_bad_argument_is_named_with_what_is_allowed(string option, string value, string expected)
    {
        using var workspace = new Workspace();

        var run = await workspace.AgentAsync(["train", "--data", "x.json", "--label", "y", "--output", "z", option, value]);

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error, Does.Contain(expected));
        Assert.That(run.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(run.TerminationLog, Does.Contain("InvalidArguments"));
    }

    [Test]
    public async Task A_training_that_diverges_says_so()
    {
        using var workspace = new Workspace();

        var run = (await TrainAsync(workspace, 1, workspace.At("model"), "--learning-rate", "100", "--epochs", "2000"))[0];

        Assert.That(run.ExitCode, Is.EqualTo(AgentFailure.Permanent));
        Assert.That(run.Error, Does.Contain("--learning-rate"));
    }

    private static async Task<AgentRun[]> TrainAsync(Workspace workspace, int worldSize, string output, params string[] further)
    {
        var data = Workspace.Penguins();
        var port = FreePort();
        return await Task.WhenAll(Enumerable.Range(0, worldSize).Select(rank => Task.Run(() =>
            workspace.AgentAsync(Train(data, output, further), worldSize == 1 ? null : Environment(rank, worldSize, port)))));
    }

    private static string[] Train(string data, string output, params string[] further)
        => ["train", "--data", data, "--label", "Species", "--features", Features, "--output", output, .. further];

    private static Dictionary<string, string> Environment(int rank, int worldSize, int port) => new()
    {
        ["MASTER_ADDR"] = "localhost",
        ["MASTER_PORT"] = port.ToString(CultureInfo.InvariantCulture),
        ["WORLD_SIZE"] = worldSize.ToString(CultureInfo.InvariantCulture),
        ["RANK"] = rank.ToString(CultureInfo.InvariantCulture),
    };

    private static Process Start(int rank, int port, Workspace workspace, params string[] further)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "agent.dll"), .. Train(Workspace.Penguins(), workspace.At("model"), further)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in Environment(rank, 2, port))
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
        socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
