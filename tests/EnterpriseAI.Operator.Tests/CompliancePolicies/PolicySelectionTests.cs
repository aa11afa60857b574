using EnterpriseAI.Api;
using EnterpriseAI.Controllers;
using EnterpriseAI.Kubernetes;
using EnterpriseAI.Operator.CompliancePolicies;
using EnterpriseAI.Testing;

namespace EnterpriseAI.Operator.Tests.CompliancePolicies;

public sealed class PolicySelectionTests
{
    private readonly ManualTimeProvider _time = new();
    private FakeApiServer _server = null!;
    private KubernetesClient _client = null!;
    private CancellationTokenSource _stop = null!;
    private Task _running = null!;
    private PolicySelection _selection = null!;

    [SetUp]
    public async Task Watch()
    {
        _server = new FakeApiServer();
        _client = _server.Client(_time);
        var policies = new Informer<CompliancePolicy>(_client, ApiResources.CompliancePolicies, time: _time);
        var namespaces = new Informer<V1Namespace>(_client, CoreResources.Namespaces, time: _time);
        _selection = new PolicySelection(policies, namespaces);
        _stop = new CancellationTokenSource();
        _running = Task.WhenAll(policies.RunAsync(_stop.Token), namespaces.RunAsync(_stop.Token));
        await Eventually.True(() => policies.HasSynced && namespaces.HasSynced && _server.OpenWatches == 2, "both watches");
    }

    [TearDown]
    public async Task Stop()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task Only_policies_that_select_the_namespace_look_at_it()
    {
        Policy("regulated", "regulated");
        Policy("open", "open");
        Policy("everywhere", null);
        Namespace("clinic", "regulated");

        await Selected("clinic", "everywhere", "regulated");
    }

    [Test]
    public async Task What_is_remembered_follows_policies_that_come_and_go_and_change()
    {
        Namespace("clinic", "regulated");
        Policy("first", "regulated");
        await Selected("clinic", "first");

        Policy("second", "regulated");
        await Selected("clinic", "first", "second");
        Policy("second", "open", generation: 2);
        await Selected("clinic", "first");
        _server.Remove(ApiResources.CompliancePolicies, null, "first");
        await Selected("clinic");
    }

    [Test]
    public async Task What_is_remembered_follows_the_labels_of_the_namespace()
    {
        Policy("regulated", "regulated");
        Namespace("clinic", "open");
        await Selected("clinic");

        Namespace("clinic", "regulated");
        await Selected("clinic", "regulated");
        _server.Remove(CoreResources.Namespaces, null, "clinic");
        Policy("open", "open");
        await Selected("clinic", "open", "regulated");
    }

    private void Policy(string name, string? data, int generation = 1) => _server.Put(ApiResources.CompliancePolicies, new CompliancePolicy
    {
        Metadata = new V1ObjectMeta { Name = name, Generation = generation },
        Spec = new CompliancePolicySpec
        {
            NamespaceSelector = data is null ? null : new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["data"] = data } },
        },
    });

    private void Namespace(string name, string data) => _server.Put(CoreResources.Namespaces, new V1Namespace
    {
        Metadata = new V1ObjectMeta { Name = name, Labels = new Dictionary<string, string> { ["data"] = data } },
    });

    private Task Selected(string ns, params string[] policies) => Eventually.True(
        () => _selection.Of(ns).Select(key => key.Name).Order(StringComparer.Ordinal).SequenceEqual(policies),
        $"policies {string.Join(", ", policies)} for {ns}");
}
