using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class ResolutionTests
{
    private static readonly LiveTable Table = new(Routes.Bind(Routes.Table(
        Named("default", "penguins", "Penguins.example.com"),
        Named("team-a", "penguins", "penguins.example.com", "alpha.example.com"),
        Named("team-a", "flights", "penguins.default"),
        Named("team-b", "risk-1.0"))));

    [TestCase("penguins.default", "/v2/models/x/infer", "default/penguins", "/v2/models/x/infer")]
    [TestCase("PENGUINS.Default.svc.cluster.local.", "/", "default/penguins", "/")]
    [TestCase("penguins.team-a.svc", "/v2/health/ready?a=%2F", "team-a/penguins", "/v2/health/ready?a=%2F")]
    [TestCase("risk-1.0.team-b.svc", "/v2", "team-b/risk-1.0", "/v2")]
    [TestCase("alpha.example.com", "/v2", "team-a/penguins", "/v2")]
    [TestCase("penguins.example.com", "/v2", "default/penguins", "/v2", Description = "the first service that claims a host has it")]
    [TestCase("penguins.default", "/v2", "default/penguins", "/v2", Description = "a claimed host never hides a service's own name")]
    [TestCase("localhost", "/v2/models/flights/infer", "team-a/flights", "/v2/models/flights/infer")]
    [TestCase("10.0.0.1", "/v2/models/flights", "team-a/flights", "/v2/models/flights")]
    [TestCase("", "/v2/models/flights?x", "team-a/flights", "/v2/models/flights?x")]
    [TestCase("localhost", "/v2/models/risk%2D1.0/infer", "team-b/risk-1.0", "/v2/models/risk%2D1.0/infer")]
    [TestCase("localhost", "/namespaces/team-a/v2/models/penguins/infer?q=1", "team-a/penguins", "/v2/models/penguins/infer?q=1")]
    public void A_request_finds_its_service(string host, string target, string service, string forwarded)
    {
        var found = Table.Resolve(host, target);

        Assert.That((found.Service?.Route.FullName, found.Target), Is.EqualTo((service, forwarded)));
    }

    [TestCase("localhost", "/", "no service for host 'localhost' and path '/'")]
    [TestCase("nobody.default", "/v2", "no service for host 'nobody.default'")]
    [TestCase("localhost", "/v2/models//infer", "no service for host")]
    [TestCase("localhost", "/v2/models/none/infer", "no service is named 'none'")]
    [TestCase("localhost", "/v2/models/penguins/infer",
        "model 'penguins' is served in 2 namespaces: ask for /namespaces/default/v2/models/penguins or /namespaces/team-a/v2/models/penguins")]
    [TestCase("localhost", "/namespaces/team-a", "path '/namespaces/team-a' names no model: ask for /namespaces/team-a/v2/models/{name}/…")]
    [TestCase("localhost", "/namespaces/team-a/v2/health/ready", "names no model")]
    [TestCase("localhost", "/namespaces/team-b/v2/models/penguins/infer", "namespace 'team-b' serves no model 'penguins'")]
    [TestCase("localhost", "/namespaces/team-a/../default/v2/models/penguins/infer", "names no model")]
    public void A_request_that_finds_none_is_told_why(string host, string target, string error)
    {
        var found = Table.Resolve(host, target);

        Assert.Multiple(() =>
        {
            Assert.That(found.Service, Is.Null);
            Assert.That(found.Error, Does.Contain(error));
        });
    }

    private static ServiceRoute Named(string @namespace, string name, params string[] hosts) =>
        Routes.Service(Routes.Revision("r1", 100, Routes.Address(1)), null, @namespace, name, hosts);
}
