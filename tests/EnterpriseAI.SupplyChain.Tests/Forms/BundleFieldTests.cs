using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Forms;

/// <summary>What the JSON of bundles and trusted roots may not hold, at each place where it could stand.</summary>
public class BundleFieldTests
{
    private const string Bundle = "bundle", Root = "trusted root";

    // Between them, the valid bundles have every message that the format knows.
    private static readonly (string Document, JsonObject Json)[] Documents =
        [.. MiniShape.Valid().Select(static shape => new MiniSigstore(shape).Build()).SelectMany(static made => new[] { (Bundle, Parsed(made.Bundle)), (Root, Parsed(made.TrustedRoot)) })];

    private static IEnumerable<TestCaseData> Objects(string document) => Nodes(document).Where(static place => place.Node is JsonObject)
        .Select(place => new TestCaseData(document, place.Path, place.Document).SetArgDisplayNames(document, place.Path));

    private static IEnumerable<TestCaseData> BundleObjects() => Objects(Bundle);

    private static IEnumerable<TestCaseData> AllObjects() => Objects(Bundle).Concat(Objects(Root));

    // A trusted root may have more than is read here, so the media types and names of its algorithms are left out.
    private static IEnumerable<TestCaseData> Values() => Nodes(Bundle).Concat(Nodes(Root).Where(static place => !place.Path.EndsWith(".hashAlgorithm", StringComparison.Ordinal)))
        .SelectMany(static place => Others(place.Node).Select(other => new TestCaseData(place.Document, place.Path, other).SetArgDisplayNames(place.Name, place.Path, other)));

    [TestCaseSource(nameof(BundleObjects))]
    public void A_field_that_a_bundle_does_not_know_is_refused_wherever_it_stands(string document, string path, object json)
    {
        var changed = ((JsonObject)json).DeepClone().AsObject();
        At(changed, path).AsObject()["other"] = "value";
        AssertRefused(document, changed.ToJsonString(), "other is not known here");
    }

    [TestCaseSource(nameof(AllObjects))]
    public void A_field_that_is_there_twice_is_refused_wherever_it_stands(string document, string path, object json)
    {
        var changed = ((JsonObject)json).DeepClone().AsObject();
        var one = At(changed, path).AsObject();
        var (name, value) = one.First();
        one["TWICE"] = value?.DeepClone();
        AssertRefused(document, changed.ToJsonString().Replace("\"TWICE\"", $"\"{name}\"", StringComparison.Ordinal), "Duplicate property");
    }

    [TestCaseSource(nameof(Values))]
    public void A_value_of_another_kind_is_refused_by_its_name(object json, string path, string other)
    {
        var (document, changed) = ((JsonObject)json).ContainsKey("tlogs") ? (Root, ((JsonObject)json).DeepClone()) : (Bundle, ((JsonObject)json).DeepClone());
        if (path == "$")
            changed = JsonNode.Parse(other)!;
        else
            At(changed, path).ReplaceWith(JsonNode.Parse(other));
        AssertRefused(document, changed.ToJsonString(), "must be");
    }

    [TestCase("2025-01-31 12:00:00Z")]
    [TestCase("2025-01-31T12:00:00")]
    [TestCase("2025-01-31T12:00:00.5")]
    [TestCase("2025-01-31")]
    [TestCase("2025-13-31T12:00:00Z")]
    public void A_time_is_written_with_its_day_and_its_zone(string time)
    {
        var root = Documents.First(static document => document.Document == Root).Json.DeepClone();
        root["tlogs"]![0]!["publicKey"]!["validFor"]!["start"] = time;
        AssertRefused(Root, root.ToJsonString(), "start must be a time such as");
    }

    [Test]
    public void An_index_is_not_negative_as_a_number_either()
    {
        var bundle = Documents[0].Json.DeepClone();
        bundle["verificationMaterial"]!["tlogEntries"]![0]!["logIndex"] = -1;
        AssertRefused(Bundle, bundle.ToJsonString(), "logIndex must be a whole number");
    }

    [TestCase(Bundle, 16)]
    [TestCase(Root, 4)]
    public void A_document_is_bounded_in_size(string document, int megabytes)
    {
        var json = Documents.First(one => one.Document == document).Json.ToJsonString();
        AssertRefused(document, json + new string(' ', (megabytes << 20) + 1 - json.Length), "is larger than");
    }

    private static void AssertRefused(string document, string json, string message)
    {
        var refused = Assert.Throws<VerificationException>(() =>
        {
            if (document == Bundle)
                SigstoreBundle.Deserialize(Encoding.UTF8.GetBytes(json));
            else
                TrustedRoot.Deserialize(Encoding.UTF8.GetBytes(json));
        })!;
        Assert.That(refused.Step, Is.EqualTo(document == Bundle ? VerificationStep.BundleFormat : VerificationStep.TrustedRootFormat));
        Assert.That(refused.Message, Does.Contain(message));
    }

    private static IEnumerable<string> Others(JsonNode node) => node switch
    {
        JsonObject => ["\"text\"", "[1]"],
        JsonArray => ["\"text\"", "{\"a\":1}"],
        _ => ["true", "[]", "{}"],
    };

    // Each place once, whichever document has it.
    private static IEnumerable<(string Name, string Path, JsonNode Node, JsonObject Document)> Nodes(string document) => Documents
        .Where(one => one.Document == document)
        .SelectMany(one => Below(one.Json).Where(static node => node is not null).Select(node => (document, node!.GetPath(), node, one.Json)))
        .Where(static place => !HigherIndex(place.Item2))
        .DistinctBy(static place => place.Item2);

    // The elements of a list are of one kind.
    private static bool HigherIndex(string path) => Enumerable.Range(1, 20).Any(index => path.Contains($"[{index}]", StringComparison.Ordinal));

    private static IEnumerable<JsonNode> Below(JsonNode node) => node switch
    {
        JsonObject one => [one, .. one.SelectMany(static field => field.Value is { } value ? Below(value) : [])],
        JsonArray list => [list, .. list.SelectMany(static value => value is { } element ? Below(element) : [])],
        _ => [node],
    };

    private static JsonNode At(JsonNode document, string path) => Below(document).First(node => node.GetPath() == path);

    private static JsonObject Parsed(string json) => JsonNode.Parse(json)!.AsObject();
}
