namespace EnterpriseAI.Api.Schema;

/// <summary>Names of a custom resource.</summary>
/// <param name="kind">Kind in CamelCase, singular.</param>
/// <param name="plural">Plural, lower case: the last part of its URL.</param>
/// <param name="shortName">What <c>kubectl get</c> takes instead of the plural.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomResourceAttribute(string kind, string plural, string shortName) : Attribute
{
    /// <summary>Kind in CamelCase, singular.</summary>
    public string Kind => kind;

    /// <summary>Plural, lower case.</summary>
    public string Plural => plural;

    /// <summary>Short name.</summary>
    public string ShortName => shortName;

    /// <summary>False for a resource outside of namespaces.</summary>
    public bool Namespaced { get; init; } = true;
}

/// <summary>A column of <c>kubectl get</c>, in the order of declaration.</summary>
/// <param name="name">Heading.</param>
/// <param name="jsonPath">JSON path from the object, such as <c>.status.phase</c>.</param>
[AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
public sealed class PrinterColumnAttribute(string name, string jsonPath) : Attribute
{
    /// <summary>Heading.</summary>
    public string Name => name;

    /// <summary>JSON path from the object.</summary>
    public string JsonPath => jsonPath;

    /// <summary>OpenAPI type: <c>string</c>, <c>integer</c>, <c>number</c>, <c>boolean</c> or <c>date</c>.</summary>
    public string Type { get; init; } = "string";

    /// <summary>What the column shows.</summary>
    public string? Description { get; init; }

    /// <summary>True for a column that is shown only with <c>-o wide</c>.</summary>
    public bool Wide { get; init; }
}

/// <summary>The resource has a <c>/scale</c> subresource (<c>kubectl scale</c>, HorizontalPodAutoscaler).</summary>
/// <param name="specReplicasPath">JSON path of the wanted number.</param>
/// <param name="statusReplicasPath">JSON path of the observed number.</param>
/// <param name="labelSelectorPath">JSON path of the pods' label selector in string form.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ScaleSubresourceAttribute(string specReplicasPath, string statusReplicasPath, string labelSelectorPath) : Attribute
{
    /// <summary>JSON path of the wanted number.</summary>
    public string SpecReplicasPath => specReplicasPath;

    /// <summary>JSON path of the observed number.</summary>
    public string StatusReplicasPath => statusReplicasPath;

    /// <summary>JSON path of the pods' label selector in string form.</summary>
    public string LabelSelectorPath => labelSelectorPath;
}
