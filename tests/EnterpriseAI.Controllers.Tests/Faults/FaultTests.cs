using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Controllers.Tests.Faults;

/// <summary>Faults between a controller and its server: nothing is lost, nothing is done twice at once, nobody is flooded.</summary>
/// <remarks>Against the fake server, or, where <c>FAULT_KUBECONFIG</c> and <c>FAULT_NAMESPACE</c> are set, against a real one.</remarks>
public sealed class FaultTests
{
    const int MostRequestsPerSecond = 150;
    const int MostReadsPerSecond = 15;

    [TestCase(Fault.None)]
    [TestCase(Fault.CutConnections)]
    [TestCase(Fault.HangHalfOpen)]
    [TestCase(Fault.Delay)]
    [TestCase(Fault.Gone)]
    [TestCase(Fault.TooManyRequests)]
    [TestCase(Fault.InternalError)]
    [TestCase(Fault.Unavailable)]
    [TestCase(Fault.CorruptWatchLine)]
    [TestCase(Fault.CloseWatchAtOnce)]
    [TestCase(Fault.DropBookmarks)]
    [TestCase(Fault.StaleList)]
    public async Task After_a_fault_no_update_is_lost_nothing_ran_twice_at_once_and_nobody_was_flooded(Fault fault)
    {
        using var fake = new FakeApiServer();
        var isReal = Environment.GetEnvironmentVariable("FAULT_KUBECONFIG") is { Length: > 0 };
        using var upstream = isReal
            ? FaultUpstream.Of(KubernetesClientConfiguration.FromKubeconfig(Environment.GetEnvironmentVariable("FAULT_KUBECONFIG")!))
            : FaultUpstream.Of(fake);
        var ns = Environment.GetEnvironmentVariable("FAULT_NAMESPACE") is { Length: > 0 } given ? given : "ns";
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(4));

        var report = await new FaultScenario(upstream, ns).RunAsync(fault, TimeSpan.FromSeconds(fault == Fault.HangHalfOpen ? 5 : 2), limit.Token);

        TestContext.Out.WriteLine(report);
        Assert.That(report.Violations, Is.Empty);
        Assert.That(report.Requests / report.Lasted.TotalSeconds, Is.LessThan(MostRequestsPerSecond), "requests a second");
        Assert.That(report.Connections / report.Lasted.TotalSeconds, Is.LessThan(MostRequestsPerSecond), "connections a second");
        Assert.That(report.Reads / report.Lasted.TotalSeconds, Is.LessThan(MostReadsPerSecond), "lists and watches a second");
    }
}
