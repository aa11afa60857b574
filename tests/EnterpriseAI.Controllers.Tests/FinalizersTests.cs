using EnterpriseAI.Kubernetes;
using EnterpriseAI.Testing;
using static EnterpriseAI.Controllers.Tests.TestObjects;

namespace EnterpriseAI.Controllers.Tests;

public sealed class FinalizersTests
{
    FakeApiServer _server = null!;
    KubernetesClient _client = null!;

    [SetUp]
    public void Create_server()
    {
        _server = new FakeApiServer();
        _client = _server.Client();
    }

    [TearDown]
    public void Dispose_server()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Test]
    public async Task A_finalizer_is_added_once_beside_others_and_removed_alone()
    {
        var map = _server.Put(CoreResources.ConfigMaps, Map("a"));
        map = await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "first");
        map = await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "second");
        var requests = _server.Requests.Count;
        Assert.That(await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "second"), Is.SameAs(map));
        Assert.That(_server.Requests, Has.Count.EqualTo(requests));
        Assert.That(map.Metadata.Finalizers, Is.EqualTo(new[] { "first", "second" }));

        await Finalizers.RemoveAsync(_client, CoreResources.ConfigMaps, map, "first");

        Assert.That((await _client.GetAsync(CoreResources.ConfigMaps, "ns", "a")).Metadata.Finalizers, Is.EqualTo(new[] { "second" }));
    }

    [Test]
    public async Task A_finalizer_added_by_somebody_else_meanwhile_is_a_conflict_and_survives()
    {
        var map = _server.Put(CoreResources.ConfigMaps, Map("a"));
        await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "theirs");

        Assert.That(
            async () => await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "ours"),
            Throws.TypeOf<KubernetesException>().With.Property(nameof(KubernetesException.IsConflict)).True);
        Assert.That((await _client.GetAsync(CoreResources.ConfigMaps, "ns", "a")).Metadata.Finalizers, Is.EqualTo(new[] { "theirs" }));
    }

    [Test]
    public async Task Removing_the_last_one_lets_a_deleted_object_go_and_removing_from_a_gone_one_is_fine()
    {
        var map = await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, _server.Put(CoreResources.ConfigMaps, Map("a")), "ours");
        await _client.DeleteAsync(CoreResources.ConfigMaps, "ns", "a");
        map = await _client.GetAsync(CoreResources.ConfigMaps, "ns", "a");
        Assert.That(map.IsDeleting, Is.True);
        Assert.That(await Finalizers.AddAsync(_client, CoreResources.ConfigMaps, map, "late"), Is.SameAs(map), "none is added to what is being deleted");

        await Finalizers.RemoveAsync(_client, CoreResources.ConfigMaps, map, "ours");
        await Finalizers.RemoveAsync(_client, CoreResources.ConfigMaps, map, "ours");

        Assert.That(await _client.TryGetAsync(CoreResources.ConfigMaps, "ns", "a"), Is.Null);
    }
}
