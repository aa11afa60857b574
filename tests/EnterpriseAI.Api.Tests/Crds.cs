using System.Text.Json.Nodes;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api.Tests;

/// <summary>The generated definitions.</summary>
internal static class Crds
{
    public static IReadOnlyDictionary<string, string> Texts { get; } = CrdGenerator.Generate();

    private static readonly Dictionary<string, JsonObject> ByKind =
        Texts.Values.Select(Yaml.Read).ToDictionary(crd => crd["spec"]!["names"]!["kind"]!.GetValue<string>());

    public static JsonObject Of(string kind) => ByKind[kind];

    public static JsonObject Schema(string kind) => Of(kind)["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject();
}
