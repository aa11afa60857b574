using System.Globalization;
using System.Text.Json.Nodes;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.Cli.Models;
using FsCheck;
using FsCheck.Fluent;
using YamlDotNet.RepresentationModel;

namespace EnterpriseAI.Cli.Tests.Models;

public sealed class ObjectTextTests
{
    [Test]
    public void Yaml_says_what_the_object_says() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(Tree(3).ToArbitrary(), tree =>
    {
        var yaml = YamlText.Of(tree);
        var stream = new YamlStream();
        using var reader = new StringReader(yaml);
        stream.Load(reader);
        return JsonNode.DeepEquals(ToJson(stream.Documents[0].RootNode), Texts(tree)).Label(yaml);
    }));

    [TestCase("\u001b[31m")]
    [TestCase("\u009b")]
    [TestCase("\u2028")]
    [TestCase("\u0085")]
    public void Neither_format_brings_a_control_character_out(string text)
    {
        var obj = new JsonObject { ["key"] = $"a{text}b", [text] = 1, ["list"] = new JsonArray(text) };
        Assert.That(YamlText.Of(obj), Does.Not.Contain(text));
        Assert.That(ObjectText.Json(obj), Does.Not.Contain(text));
        Assert.That(JsonNode.Parse(ObjectText.Json(obj)), Is.EqualTo(obj).Using<JsonNode>((a, b) => JsonNode.DeepEquals(a, b)));
    }

    [Test]
    public void Ordinary_text_needs_no_quotes() => Assert.That(
        YamlText.Of(new JsonObject { ["uri"] = "pvc://models/a/1.0.0", ["version"] = "1.0.0", ["flag"] = "true", ["on"] = true, ["note"] = "a: b", ["list"] = new JsonArray("x", new JsonObject { ["z"] = 1 }), ["none"] = new JsonArray() }),
        Is.EqualTo("""
        uri: pvc://models/a/1.0.0
        version: "1.0.0"
        flag: "true"
        "on": true
        note: "a: b"
        list:
        - x
        - z: 1
        none: []

        """.ReplaceLineEndings("\n")));

    private static Gen<JsonObject> Tree(int depth) =>
        from members in (from key in Gen.Elements("a", "b c", "yes", "1", "", "k:v", "- x", "é", "line\nbreak", "\u001b") from value in Value(depth) select (key, value)).ListOf()
        select new JsonObject(members.DistinctBy(m => m.key).Select(m => KeyValuePair.Create(m.key, m.value?.DeepClone())));

    private static Gen<JsonNode?> Value(int depth)
    {
        var leaf = Gen.OneOf(
            Gen.Elements("", "plain", "true", "null", "~", "1.0", "a: b", "a #b", "#", "'", "\"", "\\", "x\ny", " lead", "trail ", "\t", "2026-01-02T03:04:05Z", "\u202e", "[x]", "{x}", "*a", "&a", "!t", "%", "@", "a:", "👩‍🔬", "with (brackets) - and dashes")
                .Select(text => (JsonNode?)JsonValue.Create(text)),
            Gen.Elements<JsonNode?>(null, JsonValue.Create(1.5), JsonValue.Create(-3), JsonValue.Create(true)));
        return depth == 0
            ? leaf
            : Gen.Frequency((3, leaf), (1, Tree(depth - 1).Select(t => (JsonNode?)t)), (1, Value(depth - 1).ListOf().Select(items => (JsonNode?)new JsonArray([.. items.Select(i => i?.DeepClone())]))));
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode mapping => new JsonObject(mapping.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, ToJson(c.Value)))),
        YamlSequenceNode sequence => new JsonArray([.. sequence.Children.Select(ToJson)]),
        YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.DoubleQuoted } quoted => $"text {quoted.Value}",
        YamlScalarNode plain when plain.Value is "null" or "true" or "false" || double.TryParse(plain.Value, CultureInfo.InvariantCulture, out _) => plain.Value,
        YamlScalarNode plain => $"text {plain.Value}",
        _ => throw new InvalidOperationException(node.ToString()),
    };

    // A reader of YAML gives texts only; what is a text must not be mistaken for something else.
    private static JsonNode? Texts(JsonNode? node) => node switch
    {
        JsonObject obj => new JsonObject(obj.Select(p => KeyValuePair.Create(p.Key, Texts(p.Value)))),
        JsonArray array => new JsonArray([.. array.Select(Texts)]),
        null => "null",
        JsonValue value when value.GetValueKind() == System.Text.Json.JsonValueKind.String => $"text {value.GetValue<string>()}",
        _ => node.ToJsonString(),
    };
}
