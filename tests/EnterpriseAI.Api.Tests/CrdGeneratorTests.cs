using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api.Tests;

public sealed class CrdGeneratorTests
{
    private static readonly string[] Kinds = ["DataSource", "TrainingJob", "ModelVersion", "InferenceService", "CompliancePolicy"];

    [Test]
    public void The_checked_in_definitions_are_those_of_the_types()
    {
        var folder = Path.Combine(RepositoryRoot(), "crds");
        var stored = Directory.Exists(folder)
            ? Directory.EnumerateFiles(folder, "*.yaml").ToDictionary(p => Path.GetFileName(p)!, File.ReadAllText)
            : [];
        var stale = Crds.Texts.Where(c => stored.GetValueOrDefault(c.Key) != c.Value).Select(c => c.Key)
            .Concat(stored.Keys.Except(Crds.Texts.Keys))
            .ToArray();

        Assert.That(stale, Is.Empty, $"crds/ is stale: run `make crds` ({string.Join(", ", stale)})");
    }

    [Test]
    public void The_same_types_give_the_same_bytes() => Assert.That(CrdGenerator.Generate(), Is.EqualTo(Crds.Texts));

    [Test]
    public void Writing_makes_the_folder_and_removes_definitions_that_are_gone()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"crds-{Guid.NewGuid():N}", "inner");
        try
        {
            CrdGenerator.Write(folder);
            File.WriteAllText(Path.Combine(folder, "enterpriseai.io_gones.yaml"), "");
            var written = CrdGenerator.Write(folder);

            Assert.That(Directory.EnumerateFiles(folder), Is.EquivalentTo(written));
            Assert.That(written, Has.Count.EqualTo(5));
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
        }
    }

    [Test]
    public void Names_scope_and_subresources_are_as_designed()
    {
        var inference = Crds.Of("InferenceService")["spec"]!;
        Assert.Multiple(() =>
        {
            Assert.That(Kinds.Select(k => Crds.Of(k)["spec"]!["names"]!["shortNames"]![0]!.GetValue<string>()), Is.EqualTo(["dsrc", "tj", "mv", "inf", "cpol"]));
            Assert.That(Kinds.Select(k => Crds.Of(k)["spec"]!["names"]!["categories"]![0]!.GetValue<string>()), Is.All.EqualTo("enterpriseai"));
            Assert.That(Kinds.Select(k => Crds.Of(k)["spec"]!["scope"]!.GetValue<string>()), Is.EqualTo(["Namespaced", "Namespaced", "Namespaced", "Namespaced", "Cluster"]));
            Assert.That(Kinds.Select(k => Crds.Of(k)["spec"]!["versions"]![0]!["subresources"]!.AsObject().ContainsKey("status")), Is.All.True);
            Assert.That(inference["versions"]![0]!["subresources"]!["scale"]!["specReplicasPath"]!.GetValue<string>(), Is.EqualTo(".spec.scaling.minReplicas"));
        });
    }

    [TestCaseSource(nameof(Kinds))]
    public void Every_field_has_a_description(string kind)
    {
        var missing = new List<string>();
        foreach (var part in (string[])["spec", "status"])
            Walk(Crds.Schema(kind)["properties"]![part]!.AsObject(), part, (path, schema) =>
            {
                if (string.IsNullOrWhiteSpace(schema["description"]?.GetValue<string>()) && !path.Contains(".template.", StringComparison.Ordinal))
                    missing.Add(path);
            });

        Assert.That(missing, Is.Empty);
    }

    [TestCaseSource(nameof(Kinds))]
    public void Every_printer_column_points_at_a_field(string kind)
    {
        var schema = Crds.Schema(kind);
        var paths = Crds.Of(kind)["spec"]!["versions"]![0]!["additionalPrinterColumns"]!.AsArray().Select(c => c!["jsonPath"]!.GetValue<string>());
        foreach (var path in paths.Where(p => !p.StartsWith(".metadata", StringComparison.Ordinal)))
        {
            JsonNode? at = schema;
            foreach (var step in path.Replace("[*]", "", StringComparison.Ordinal).Split('[')[0].TrimStart('.').Split('.'))
            {
                at = (at!["properties"] ?? at["items"]?["properties"])?[step];
                Assert.That(at, Is.Not.Null, $"{kind}: {path} has no field {step}");
            }
        }
    }

    [TestCaseSource(nameof(Kinds))]
    public void List_map_keys_are_required_fields_of_the_items(string kind) =>
        Walk(Crds.Schema(kind), kind, (path, schema) =>
        {
            foreach (var key in schema["x-kubernetes-list-map-keys"]?.AsArray() ?? [])
                Assert.That(schema["items"]!["required"]!.AsArray().Select(r => r!.GetValue<string>()), Does.Contain(key!.GetValue<string>()), path);
        });

    [Test]
    public void Schema_defaults_are_the_initial_values_of_the_properties()
    {
        var types = typeof(DataSource).Assembly.GetTypes().Where(t => t.GetProperties().Any(p => p.GetCustomAttribute<DefaultAttribute>() is not null));
        Assert.Multiple(() =>
        {
            foreach (var type in types)
            {
                var fresh = Activator.CreateInstance(type);
                foreach (var property in type.GetProperties())
                {
                    if (property.GetCustomAttribute<DefaultAttribute>() is not { Json: not "{}" } attribute)
                        continue;
                    var initial = JsonSerializer.SerializeToNode(property.GetValue(fresh), property.PropertyType, ApiJsonContext.Default.Options);
                    Assert.That(
                        JsonNode.DeepEquals(initial, JsonNode.Parse(SchemaBuilder.DefaultValue(attribute).ToJsonString())), Is.True,
                        $"{type.Name}.{property.Name}: {initial} is not {SchemaBuilder.DefaultValue(attribute)}");
                }
            }
        });
    }

    [Test]
    public void Immutable_fields_of_a_model_version_have_a_rule_each()
    {
        var rules = Crds.Schema("ModelVersion")["properties"]!["spec"]!["x-kubernetes-validations"]!.AsArray().Select(r => r!["message"]!.GetValue<string>());
        foreach (var field in (string[])["model", "version", "artifact", "provenance", "signature", "card", "evaluation", "gates", "attestations"])
            Assert.That(rules, Does.Contain($"{field} cannot be changed; create a new object"));
    }

    private static void Walk(JsonObject schema, string path, Action<string, JsonObject> visit)
    {
        visit(path, schema);
        foreach (var (name, property) in schema["properties"] as JsonObject ?? [])
            Walk(property!.AsObject(), $"{path}.{name}", visit);
        if (schema["items"]?["properties"] is not null)
        {
            foreach (var (name, property) in schema["items"]!["properties"]!.AsObject())
                Walk(property!.AsObject(), $"{path}[].{name}", visit);
        }
    }

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "EnterpriseAI.Operator.sln")))
                return folder.FullName;
        }

        throw new DirectoryNotFoundException("the test runs outside of the repository");
    }
}
