using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Controllers.Tests;

internal static class TestObjects
{
    public static V1ConfigMap Map(string name, string value = "1", string ns = "ns", IReadOnlyDictionary<string, string>? labels = null) => new()
    {
        Metadata = new V1ObjectMeta { Namespace = ns, Name = name, Labels = labels },
        Data = new Dictionary<string, string> { ["k"] = value },
    };

    public static ObjectKey Key(string name, string ns = "ns") => new(ns, name);

    public static string? Value(V1ConfigMap? map) => map?.Data?.GetValueOrDefault("k");
}
