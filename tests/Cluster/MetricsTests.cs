using System.Text.Json.Nodes;
using EnterpriseAI.Story;

namespace EnterpriseAI.ClusterTests;

/// <summary>What the installed processes say at <c>/metrics</c>, as Prometheus finds them by their annotations.</summary>
[TestFixture, NonParallelizable]
public sealed class MetricsTests
{
    private const string Namespace = "enterpriseai-system";

    [Test]
    public async Task Promtool_finds_nothing_to_complain_about_in_any_installed_process()
    {
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "promtool"))))
            Assert.Ignore("promtool (Debian package prometheus) is not on PATH");
        using var cluster = Story.Cluster.Connect();
        var pods = JsonNode.Parse(await cluster.KubectlAsync(["-n", Namespace, "get", "pods", "-o", "json"], CancellationToken.None))!["items"]!.AsArray();
        var checkedPods = new List<string>();
        foreach (var pod in pods)
        {
            var name = (string)pod!["metadata"]!["name"]!;
            if ((string?)pod["metadata"]!["annotations"]?["prometheus.io/port"] is not { } port || (string?)pod["status"]!["phase"] != "Running")
                continue;
            var page = await cluster.KubectlAsync(["get", "--raw", $"/api/v1/namespaces/{Namespace}/pods/{name}:{port}/proxy/metrics"], CancellationToken.None);
            Assert.That(page, Does.Contain("process_cpu_seconds_total"), name);
            var (code, complaints) = await Shell.TryAsync("promtool", ["check", "metrics"], page);
            using (Assert.EnterMultipleScope())
            {
                Assert.That(complaints, Is.Empty, name);
                Assert.That(code, Is.Zero, name);
            }
            checkedPods.Add(name);
        }
        TestContext.Out.WriteLine($"checked {string.Join(", ", checkedPods)}");
        foreach (var process in new[] { "operator", "gateway", "audit-log" })
            Assert.That(checkedPods, Has.Some.Contains(process), $"no pod of the {process} was checked");
    }
}
