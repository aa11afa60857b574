using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Changes JSON so that it mostly stays JSON: fields go, come twice or change places, and what is inside base64 is changed as what it is.</summary>
internal static class JsonMutation
{
    private const int MaxDepth = 24;

    private static readonly string[] Texts =
    [
        "", " ", "null", "0", "-1", "9223372036854775807", "9223372036854775808", "1e400", "\u0000", "\ud800", "é", "\u202e", "sha256:", "AAAA", "A===", "AAAA\n",
        "2025-01-01T00:00:00Z", "0001-01-01T00:00:00-23:59", "9999-12-31T23:59:59.9999999Z", "../..", "a:0:9223372036854775807", "-----BEGIN CERTIFICATE-----",
        "application/vnd.dev.sigstore.bundle+json;version=0.1", "application/vnd.oci.image.index.v1+json",
    ];

    public static byte[] Change(byte[] json, Random random)
    {
        try
        {
            return ChangeTree(json, random);
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException)
        {
            // Inside base64 stands what is no JSON, or was made so before.
            return ByteMutation.Change(json, random);
        }
    }

    private static byte[] ChangeTree(byte[] json, Random random)
    {
        var root = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        for (var changes = random.Next(1, 4); changes > 0 && root is not null; changes--)
            root = ChangeOne(root, random);
        var text = root?.ToJsonString() ?? "null";
        // A name that occurs twice cannot be made in a tree.
        if (random.Next(8) == 0 && text.IndexOf("\":", random.Next(text.Length), StringComparison.Ordinal) is > 0 and var colon && text.LastIndexOf('"', colon - 1) is >= 0 and var quote)
            text = text.Insert(quote, $"{text[quote..(colon + 1)]}:{(random.Next(2) == 0 ? "null" : "\"x\"")},");
        return Encoding.UTF8.GetBytes(text);
    }

    private static JsonNode? ChangeOne(JsonNode root, Random random)
    {
        var nodes = new List<JsonNode>();
        Collect(root, nodes, 0);
        var node = nodes[random.Next(nodes.Count)];
        switch (node)
        {
            case JsonObject owner when owner.Count > 0:
                ChangeObject(owner, nodes, random);
                return root;
            case JsonArray list:
                ChangeArray(list, nodes, random);
                return root;
            default:
                var replacement = node is JsonValue value && value.TryGetValue<string>(out var text) ? ChangeText(text, random) : AnyValue(nodes, random);
                if (node.Parent is null)
                    return replacement;
                node.ReplaceWith(replacement);
                return root;
        }
    }

    private static void ChangeObject(JsonObject owner, List<JsonNode> nodes, Random random)
    {
        var name = owner.ElementAt(random.Next(owner.Count)).Key;
        switch (random.Next(5))
        {
            case 0:
                owner.Remove(name);
                break;
            case 1:
                owner[name] = AnyValue(nodes, random);
                break;
            case 2:
                var other = owner.ElementAt(random.Next(owner.Count)).Key;
                (owner[name], owner[other]) = (owner[other]?.DeepClone(), owner[name]?.DeepClone());
                break;
            case 3:
                owner[name.ToUpperInvariant()] = owner[name]?.DeepClone();
                break;
            default:
                owner["unknown" + random.Next(3)] = AnyValue(nodes, random);
                break;
        }
    }

    private static void ChangeArray(JsonArray list, List<JsonNode> nodes, Random random)
    {
        switch (random.Next(4))
        {
            case 0 when list.Count > 0:
                list.RemoveAt(random.Next(list.Count));
                break;
            case 1 when list.Count > 0:
                // Enough to meet the bounds on counts.
                for (var copies = random.Next(1, 100); copies > 0; copies--)
                    list.Add(list[0]?.DeepClone());
                break;
            case 2 when list.Count > 1:
                var first = list[0]?.DeepClone();
                list.RemoveAt(0);
                list.Add(first);
                break;
            default:
                list.Add(AnyValue(nodes, random));
                break;
        }
    }

    private static JsonNode? AnyValue(List<JsonNode> nodes, Random random) => random.Next(9) switch
    {
        0 => null,
        1 => random.Next(2) == 0,
        2 => random.NextInt64(),
        3 => -random.Next(10),
        4 => 1.5,
        5 => new JsonObject { ["x"] = new JsonArray(1, "2", null) },
        6 => Enumerable.Range(0, random.Next(1, 60)).Aggregate((JsonNode)new JsonArray(), static (inner, _) => new JsonArray(inner)),
        7 => nodes[random.Next(nodes.Count)].DeepClone(),
        _ => Texts[random.Next(Texts.Length)],
    };

    private static string ChangeText(string text, Random random)
    {
        switch (random.Next(6))
        {
            case 0:
                return Texts[random.Next(Texts.Length)];
            case 1:
                return new string(text.Length > 0 ? text[random.Next(text.Length)] : 'A', random.Next(5000));
            case 2 when text.Contains('\n'):
                return LineMutation.Change(text, random);
        }
        var bytes = new byte[text.Length];
        if (text.Length < 8 || !Convert.TryFromBase64String(text, bytes, out var length))
            return Encoding.UTF8.GetString(ByteMutation.Change(Encoding.UTF8.GetBytes(text), random));
        return Convert.ToBase64String(Inner(bytes[..length], random));
    }

    private static byte[] Inner(byte[] bytes, Random random) => bytes switch
    {
        [(byte)'{', ..] => Change(bytes, random),
        [0x30, ..] => DerMutation.Change(bytes, random),
        [(byte)'-', (byte)'-', ..] => Encoding.UTF8.GetBytes(LineMutation.Change(Encoding.UTF8.GetString(bytes), random)),
        _ => ByteMutation.Change(bytes, random),
    };

    private static void Collect(JsonNode node, List<JsonNode> nodes, int depth)
    {
        nodes.Add(node);
        if (depth == MaxDepth)
            return;
        var children = node switch
        {
            JsonObject owner => owner.Select(static property => property.Value),
            JsonArray list => list.AsEnumerable(),
            _ => [],
        };
        foreach (var child in children)
            if (child is not null)
                Collect(child, nodes, depth + 1);
    }
}
