using System.Reflection;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Api.Schema;

/// <summary>
/// Makes the CustomResourceDefinitions (apiextensions.k8s.io/v1) of the five resources from the C# types. Runs when the
/// project is built and tested, never in a cluster: it uses reflection and needs the XML doc file beside the assembly.
/// </summary>
/// <remarks>Guarantees: the same types give the same bytes.</remarks>
public static class CrdGenerator
{
    private static readonly Type[] Kinds =
        [typeof(DataSource), typeof(TrainingJob), typeof(ModelVersion), typeof(InferenceService), typeof(CompliancePolicy)];

    private const string Header = "# Generated from operator/EnterpriseAI.Api by `make crds`. Change the types, not this file.\n";

    /// <summary>File name and YAML text of each definition, in the order of the names.</summary>
    /// <exception cref="FileNotFoundException">The XML doc file is missing.</exception>
    public static IReadOnlyDictionary<string, string> Generate()
    {
        var schemas = new SchemaBuilder(XmlDocumentation.Of(typeof(CrdGenerator).Assembly));
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in Kinds)
        {
            var names = kind.GetCustomAttribute<CustomResourceAttribute>()!;
            files[$"{ApiResources.Group}_{names.Plural}.yaml"] = Header + YamlText.Of(Definition(kind, names, schemas));
        }

        return files;
    }

    /// <summary>Writes the definitions into a folder, which is made when missing, and deletes those of resources that are gone.</summary>
    /// <param name="folder">The folder.</param>
    /// <returns>The paths that were written.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static IReadOnlyList<string> Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var files = Generate();
        foreach (var path in Directory.EnumerateFiles(folder, $"{ApiResources.Group}_*.yaml"))
        {
            if (!files.ContainsKey(Path.GetFileName(path)))
                File.Delete(path);
        }

        var written = new List<string>();
        foreach (var (name, text) in files)
        {
            var path = Path.Combine(folder, name);
            File.WriteAllText(path, text);
            written.Add(path);
        }

        return written;
    }

    private static JsonObject Definition(Type kind, CustomResourceAttribute names, SchemaBuilder schemas) => new()
    {
        ["apiVersion"] = "apiextensions.k8s.io/v1",
        ["kind"] = "CustomResourceDefinition",
        ["metadata"] = new JsonObject
        {
            ["name"] = $"{names.Plural}.{ApiResources.Group}",
            ["labels"] = new JsonObject { ["app.kubernetes.io/part-of"] = "enterpriseai" },
        },
        ["spec"] = new JsonObject
        {
            ["group"] = ApiResources.Group,
            ["names"] = new JsonObject
            {
                ["kind"] = names.Kind,
                ["listKind"] = names.Kind + "List",
                ["plural"] = names.Plural,
                ["singular"] = names.Kind.ToLowerInvariant(),
                ["shortNames"] = new JsonArray(names.ShortName),
                ["categories"] = new JsonArray("enterpriseai"),
            },
            ["scope"] = names.Namespaced ? "Namespaced" : "Cluster",
            ["versions"] = new JsonArray(Version(kind, schemas)),
        },
    };

    private static JsonObject Version(Type kind, SchemaBuilder schemas)
    {
        var subresources = new JsonObject { ["status"] = new JsonObject() };
        if (kind.GetCustomAttribute<ScaleSubresourceAttribute>() is { } scale)
        {
            subresources["scale"] = new JsonObject
            {
                ["specReplicasPath"] = scale.SpecReplicasPath,
                ["statusReplicasPath"] = scale.StatusReplicasPath,
                ["labelSelectorPath"] = scale.LabelSelectorPath,
            };
        }

        return new JsonObject
        {
            ["name"] = ApiResources.Version,
            ["served"] = true,
            ["storage"] = true,
            ["subresources"] = subresources,
            ["additionalPrinterColumns"] = new JsonArray([.. kind.GetCustomAttributes<PrinterColumnAttribute>().Select(Column)]),
            ["schema"] = new JsonObject { ["openAPIV3Schema"] = schemas.Resource(kind) },
        };
    }

    private static JsonNode Column(PrinterColumnAttribute column)
    {
        var result = new JsonObject { ["name"] = column.Name, ["type"] = column.Type, ["jsonPath"] = column.JsonPath };
        if (column.Description is { } description)
            result["description"] = description;
        if (column.Wide)
            result["priority"] = 1;
        return result;
    }
}
