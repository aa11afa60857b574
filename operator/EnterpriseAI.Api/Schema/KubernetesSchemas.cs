using System.Text.Json.Nodes;
using EnterpriseAI.Kubernetes;

namespace EnterpriseAI.Api.Schema;

/// <summary>Schemas of Kubernetes' own types, which carry no attributes of ours.</summary>
internal static class KubernetesSchemas
{
    /// <summary>The schema of a type of Kubernetes, or null when it is none of those that the API uses.</summary>
    public static JsonObject? Of(Type type)
    {
        if (type == typeof(V1Condition))
            return Condition();
        if (type == typeof(V1LabelSelector))
            return LabelSelector();
        if (type == typeof(V1ResourceRequirements))
            return ResourceRequirements();
        return type == typeof(V1PodTemplateSpec) ? PodTemplateSchema.Of(type) : null;
    }

    private static JsonObject Condition() => new()
    {
        ["type"] = "object",
        ["required"] = new JsonArray("type", "status", "reason", "message", "lastTransitionTime"),
        ["properties"] = new JsonObject
        {
            ["type"] = new JsonObject { ["type"] = "string", ["description"] = "Aspect of the state, in CamelCase.", ["maxLength"] = 316 },
            ["status"] = new JsonObject
            {
                ["type"] = "string",
                ["description"] = "True, False or Unknown.",
                ["enum"] = new JsonArray("True", "False", "Unknown"),
            },
            ["reason"] = new JsonObject { ["type"] = "string", ["description"] = "Reason for programs, in CamelCase.", ["maxLength"] = 1024 },
            ["message"] = new JsonObject { ["type"] = "string", ["description"] = "What is so, and what to do.", ["maxLength"] = 32768 },
            ["lastTransitionTime"] = new JsonObject { ["type"] = "string", ["format"] = "date-time", ["description"] = "When the status last changed." },
            ["observedGeneration"] = new JsonObject
            {
                ["type"] = "integer",
                ["format"] = "int64",
                ["minimum"] = 0,
                ["description"] = "Generation of the spec that this was computed from.",
            },
        },
    };

    private static JsonObject LabelSelector() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["matchLabels"] = new JsonObject
            {
                ["type"] = "object",
                ["description"] = "Labels with exactly these values.",
                ["additionalProperties"] = new JsonObject { ["type"] = "string" },
            },
            ["matchExpressions"] = new JsonObject
            {
                ["type"] = "array",
                ["description"] = "Requirements that must all hold.",
                ["items"] = new JsonObject
                {
                    ["type"] = "object",
                    ["required"] = new JsonArray("key", "operator"),
                    ["properties"] = new JsonObject
                    {
                        ["key"] = new JsonObject { ["type"] = "string", ["description"] = "Key of the label." },
                        ["operator"] = new JsonObject
                        {
                            ["type"] = "string",
                            ["description"] = "In, NotIn, Exists or DoesNotExist.",
                            ["enum"] = new JsonArray("In", "NotIn", "Exists", "DoesNotExist"),
                        },
                        ["values"] = new JsonObject
                        {
                            ["type"] = "array",
                            ["description"] = "Values for In and NotIn.",
                            ["items"] = new JsonObject { ["type"] = "string" },
                        },
                    },
                },
            },
        },
    };

    private static JsonObject ResourceRequirements() => new()
    {
        ["type"] = "object",
        ["properties"] = new JsonObject
        {
            ["limits"] = Quantities("Largest amounts, such as cpu, memory and nvidia.com/gpu."),
            ["requests"] = Quantities("Amounts that are reserved."),
        },
    };

    private static JsonObject Quantities(string description) => new()
    {
        ["type"] = "object",
        ["description"] = description,
        ["additionalProperties"] = Quantity(),
    };

    /// <summary>A Kubernetes quantity: a whole number, or text such as 500m, 1.5 or 4Gi.</summary>
    public static JsonObject Quantity() => new()
    {
        ["x-kubernetes-int-or-string"] = true,
        ["pattern"] = @"^[0-9]+(\.[0-9]+)?([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?$",
    };
}
