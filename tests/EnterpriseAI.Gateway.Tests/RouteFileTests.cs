using System.Text;
using EnterpriseAI.Gateway.Routing;
using EnterpriseAI.Gateway.Sources;

namespace EnterpriseAI.Gateway.Tests;

[Parallelizable(ParallelScope.All)]
public sealed class RouteFileTests
{
    private const string Whole = """
        {"services":[{"namespace":"default","name":"penguin-species","hosts":["p.example.com"],"revisions":[
          {"name":"r1","modelVersion":"penguin-species-1.0.0","role":"Stable","weight":95,"endpoints":["http://10.244.0.5:8080","http://[fd00::5]:8080"]},
          {"name":"r2","modelVersion":"penguin-species-1.1.0","role":"Candidate","weight":5,"endpoints":[]}]}]}
        """;

    [Test]
    public void A_whole_table_is_read()
    {
        var service = Parse(Whole).Services.Single();

        Assert.Multiple(() =>
        {
            Assert.That((service.FullName, service.Hosts.Single()), Is.EqualTo(("default/penguin-species", "p.example.com")));
            Assert.That((service.Stable!.Name, service.Stable.Weight, service.Stable.ModelVersion), Is.EqualTo(("r1", 95, "penguin-species-1.0.0")));
            Assert.That(service.Stable.Endpoints.Select(uri => uri.Authority), Is.EqualTo(new[] { "10.244.0.5:8080", "[fd00::5]:8080" }));
            Assert.That((service.Candidate!.Name, service.Candidate.Weight, service.Candidate.Endpoints.Length), Is.EqualTo(("r2", 5, 0)));
        });
    }

    [TestCase("nonsense", "$ is not JSON: line 1, byte 2")]
    [TestCase("[]", "$ must be an object")]
    [TestCase("{}", "$.services is missing")]
    [TestCase("""{"services":{}}""", "$.services must be an array")]
    [TestCase("""{"service":[]}""", "$.service is not known here; allowed are services")]
    [TestCase("""{"services":[{"namespace":"a","name":"b","revisions":[],"weight":1}]}""",
        "$.services[0].weight is not known here; allowed are namespace, name, hosts, revisions")]
    [TestCase("""{"services":[{"name":"b","revisions":[]}]}""", "$.services[0].namespace is missing")]
    [TestCase("""{"services":[{"namespace":"A b","name":"b","revisions":[]}]}""", "$.services[0].namespace must be a Kubernetes name")]
    [TestCase("""{"services":[{"namespace":"a","name":"b","hosts":["http://x"],"revisions":[]}]}""",
        "$.services[0].hosts[0] must be a host name without scheme and port")]
    [TestCase("""{"services":[{"namespace":"a","name":"b","revisions":[]},{"namespace":"a","name":"b","revisions":[]}]}""",
        "$.services[1] is a second service a/b")]
    [TestCase("""{"services":[{"namespace":"a","name":"b","hosts":["x"],"revisions":[]},{"namespace":"a","name":"c","hosts":["X"],"revisions":[]}]}""",
        "$.services[1] claims host 'X', which a/b has")]
    public void A_wrong_table_is_refused_with_its_place(string json, string error) =>
        Assert.That(() => Parse(json), Throws.TypeOf<RouteFileException>().With.Message.StartsWith(error));

    [TestCase("\"role\":\"stable\"", "$.services[0].revisions[0].role must be Stable or Candidate")]
    [TestCase("\"weight\":-1", "$.services[0].revisions[0].weight must be a whole number from 0 to 1000000")]
    [TestCase("\"weight\":1.5", "$.services[0].revisions[0].weight must be a whole number")]
    [TestCase("\"weight\":\"5\"", "$.services[0].revisions[0].weight must be a whole number")]
    [TestCase("\"endpoints\":[\"10.0.0.1:80\"]", "$.services[0].revisions[0].endpoints[0] must be an address without a path")]
    [TestCase("\"endpoints\":[\"http://x/y\"]", "$.services[0].revisions[0].endpoints[0] must be an address without a path")]
    [TestCase("\"name\":7", "$.services[0].revisions[0].name must be a string")]
    public void A_wrong_revision_is_refused_with_its_place(string change, string error)
    {
        var key = change[..change.IndexOf(':')];
        string[] properties = ["\"name\":\"r1\"", "\"role\":\"Stable\"", "\"weight\":1", "\"endpoints\":[]"];
        var revision = string.Join(',', properties.Select(property => property.StartsWith(key, StringComparison.Ordinal) ? change : property));

        Assert.That(() => Parse($$"""{"services":[{"namespace":"a","name":"b","revisions":[{{{revision}}}]}]}"""),
            Throws.TypeOf<RouteFileException>().With.Message.StartsWith(error));
    }

    [Test]
    public void Two_revisions_of_one_role_are_refused() =>
        Assert.That(() => Parse(Whole.Replace("Candidate", "Stable", StringComparison.Ordinal)),
            Throws.TypeOf<RouteFileException>().With.Message.EqualTo("$.services[0].revisions[1] is a second Stable revision; one is allowed"));

    [Test]
    public void Damaged_files_are_refused_and_never_crash()
    {
        var seed = Random.Shared.Next();
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var whole = Encoding.UTF8.GetBytes(Whole);
        for (var round = 0; round < 3_000; round++)
        {
            var damaged = whole[..random.Next(whole.Length / 2, whole.Length + 1)];
            for (var i = random.Next(6); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            try
            {
                RouteFile.Parse(damaged);
            }
            catch (RouteFileException failure)
            {
                Assert.That(failure.Message, Does.StartWith("$"));
            }
        }
    }

    private static RouteTable Parse(string json) => RouteFile.Parse(Encoding.UTF8.GetBytes(json));
}
