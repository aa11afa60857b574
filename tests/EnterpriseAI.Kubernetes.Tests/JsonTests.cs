using System.Text.Json;

namespace EnterpriseAI.Kubernetes.Tests;

public sealed class JsonTests
{
    static readonly KubernetesJsonContext Json = KubernetesJsonContext.Default;

    [Test]
    public void An_item_without_apiVersion_kind_and_metadata_still_has_them()
    {
        var pod = JsonSerializer.Deserialize("""{"spec":{"nodeName":"n"}}""", Json.V1Pod)!;

        Assert.That(pod.ApiVersion, Is.EqualTo("v1"));
        Assert.That(pod.Kind, Is.EqualTo("Pod"));
        Assert.That(pod.Metadata.Name, Is.Null);
        Assert.That(pod.Name, Is.EqualTo(""));
    }

    [Test]
    public void A_list_whose_items_are_null_is_empty() =>
        Assert.That(JsonSerializer.Deserialize("""{"metadata":null,"items":null}""", Json.V1PodList)!.Items, Is.Empty);

    [Test]
    public void What_a_user_wrote_in_a_pod_template_survives_a_round_trip()
    {
        const string text = """
            {"metadata":{"labels":{"a":"b"}},"spec":{"initContainers":[{"name":"i","image":"x","lifecycle":{"preStop":{"exec":{"command":["a"]}}}}],
            "containers":[{"name":"c","command":["sh"],"ports":[{"containerPort":80,"protocol":"TCP"}],
            "env":[{"name":"E","valueFrom":{"resourceFieldRef":{"resource":"limits.cpu"}}}],
            "resources":{"limits":{"nvidia.com/gpu":"1"},"claims":[{"name":"g"}]},
            "volumeMounts":[{"name":"v","mountPath":"/v","mountPropagation":"None"}],
            "livenessProbe":{"grpc":{"port":5},"periodSeconds":3},"readinessProbe":{"httpGet":{"path":"/","port":"web"}},
            "securityContext":{"procMount":"Default","capabilities":{"drop":["ALL"]}},"stdin":true}],
            "volumes":[{"name":"v","nfs":{"server":"s","path":"/p"}},{"name":"e","emptyDir":{}}],
            "affinity":{"podAntiAffinity":{}},"topologySpreadConstraints":[{"maxSkew":1}],"dnsPolicy":"Default","shareProcessNamespace":true}}
            """;

        var template = JsonSerializer.Deserialize(text, Json.V1PodTemplateSpec)!;
        var back = JsonSerializer.Serialize(template, Json.V1PodTemplateSpec);

        using var before = JsonDocument.Parse(text);
        using var after = JsonDocument.Parse(back);
        Assert.That(JsonElement.DeepEquals(before.RootElement, after.RootElement), Is.True, back);
    }

    [Test]
    public void Nulls_are_not_written() =>
        Assert.That(
            JsonSerializer.Serialize(new V1ConfigMap { Metadata = new V1ObjectMeta { Name = "c" } }, Json.V1ConfigMap),
            Is.EqualTo("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"""));

    [Test]
    public void Times_are_written_as_the_server_normalises_them()
    {
        var at = new DateTimeOffset(2026, 5, 6, 9, 8, 9, TimeSpan.FromHours(2)).AddTicks(1234567);
        var condition = JsonSerializer.Serialize(new V1Condition { Type = "Ready", LastTransitionTime = at }, Json.V1Condition);
        var lease = JsonSerializer.Serialize(new V1Lease { Spec = new V1LeaseSpec { RenewTime = at } }, Json.V1Lease);

        Assert.That(condition, Does.Contain("\"2026-05-06T07:08:09Z\""));
        Assert.That(lease, Does.Contain("\"2026-05-06T07:08:09.123456Z\""));
    }

    [Test]
    public void Managed_fields_are_dropped_while_reading()
    {
        var pod = JsonSerializer.Deserialize("""{"metadata":{"name":"p","managedFields":[{"manager":"m","fieldsV1":{"f:x":{}}}]}}""", Json.V1Pod)!;

        Assert.That(JsonSerializer.Serialize(pod, Json.V1Pod), Does.Not.Contain("managedFields"));
    }

    [Test]
    public void A_secret_does_not_print_its_values()
    {
        var secret = new V1Secret { Metadata = new V1ObjectMeta { Name = "s" }, StringData = new Dictionary<string, string> { ["p"] = "hunter2" } };

        Assert.That($"{secret}", Does.Not.Contain("hunter2"));
    }

    [TestCase("100m", 0.1)]
    [TestCase("1", 1)]
    [TestCase("1.5", 1.5)]
    [TestCase("-1", -1)]
    [TestCase("4Gi", 4294967296)]
    [TestCase("2e3", 2000)]
    [TestCase("2E3", 2000)]
    [TestCase("1E", 1e18)]
    [TestCase("128974848", 128974848)]
    [TestCase("5e-1", 0.5)]
    public void Quantities_are_read(string text, double value) => Assert.That(Quantity.Parse(text), Is.EqualTo((decimal)value));

    [TestCase("")]
    [TestCase("x")]
    [TestCase("1X")]
    [TestCase("1 Gi")]
    [TestCase("1e99")]
    [TestCase("1.2.3")]
    [TestCase("--1")]
    public void What_is_no_quantity_is_refused(string text)
    {
        Assert.That(Quantity.TryParse(text, out _), Is.False);
        Assert.That(() => Quantity.Parse(text), Throws.TypeOf<FormatException>().With.Message.Contains($"'{text}'"));
    }

    [Test]
    public void A_label_selector_matches_as_the_server_does()
    {
        var selector = new V1LabelSelector
        {
            MatchLabels = new Dictionary<string, string> { ["a"] = "1" },
            MatchExpressions = [new() { Key = "b", Operator = "NotIn", Values = ["2"] }, new() { Key = "c", Operator = "Exists" }],
        };

        Assert.That(selector.Matches(new Dictionary<string, string> { ["a"] = "1", ["c"] = "" }), Is.True);
        Assert.That(selector.Matches(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2", ["c"] = "" }), Is.False);
        Assert.That(selector.Matches(null), Is.False);
        Assert.That(new V1LabelSelector().Matches(null), Is.True);
    }
}
