namespace EnterpriseAI.Api.Schema;

/// <summary>The field must be present. Becomes <c>required</c> of the enclosing object.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class RequiredAttribute : Attribute;

/// <summary>Smallest allowed number.</summary>
/// <param name="value">The bound, allowed itself unless <see cref="Exclusive"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinimumAttribute(double value) : Attribute
{
    /// <summary>The bound.</summary>
    public double Value => value;

    /// <summary>True when the bound itself is not allowed.</summary>
    public bool Exclusive { get; init; }
}

/// <summary>Largest allowed number.</summary>
/// <param name="value">The bound, allowed itself unless <see cref="Exclusive"/>.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaximumAttribute(double value) : Attribute
{
    /// <summary>The bound.</summary>
    public double Value => value;

    /// <summary>True when the bound itself is not allowed.</summary>
    public bool Exclusive { get; init; }
}

/// <summary>Regular expression (RE2 syntax) that the string, or each string of a list, must match.</summary>
/// <param name="expression">The expression, anchored by its author.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PatternAttribute(string expression) : Attribute
{
    /// <summary>The expression.</summary>
    public string Expression => expression;
}

/// <summary>Smallest allowed number of list items.</summary>
/// <param name="value">Number of items.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinItemsAttribute(int value) : Attribute
{
    /// <summary>Number of items.</summary>
    public int Value => value;
}

/// <summary>Largest allowed number of list items, or of entries in a map.</summary>
/// <param name="value">Number of items.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxItemsAttribute(int value) : Attribute
{
    /// <summary>Number of items.</summary>
    public int Value => value;
}

/// <summary>Smallest allowed length of the string, or of each string of a list, in characters.</summary>
/// <param name="value">Number of characters.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MinLengthAttribute(int value) : Attribute
{
    /// <summary>Number of characters.</summary>
    public int Value => value;
}

/// <summary>Largest allowed length of the string, or of each string of a list, in characters.</summary>
/// <param name="value">Number of characters.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MaxLengthAttribute(int value) : Attribute
{
    /// <summary>Number of characters.</summary>
    public int Value => value;
}

/// <summary>The items of the list differ from each other (<c>x-kubernetes-list-type: set</c>).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListSetAttribute : Attribute;

/// <summary>The list is a map by the named fields of its items: server-side apply merges it item by item.</summary>
/// <param name="keys">Required fields of the item, as spelled in JSON.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ListMapKeyAttribute(params string[] keys) : Attribute
{
    /// <summary>The fields, as spelled in JSON.</summary>
    public IReadOnlyList<string> Keys => keys;
}

/// <summary>The field may hold an explicit <c>null</c>, which means the same as leaving it out.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NullableFieldAttribute : Attribute;

/// <summary>The API server keeps fields of this object that the schema does not name.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PreserveUnknownFieldsAttribute : Attribute;

/// <summary>The field cannot be set, changed or removed after creation.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImmutableAttribute : Attribute;

/// <summary>Exactly one of the named fields of the object is set.</summary>
/// <param name="fields">Fields, as spelled in JSON.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ExactlyOneOfAttribute(params string[] fields) : Attribute
{
    /// <summary>The fields, as spelled in JSON.</summary>
    public IReadOnlyList<string> Fields => fields;
}

/// <summary>A rule over several fields, checked by API servers from 1.25 on and by <see cref="SpecValidation"/> everywhere.</summary>
/// <param name="rule">Expression in the Common Expression Language over <c>self</c> and <c>oldSelf</c>.</param>
/// <param name="message">What is allowed, for the person whose object is refused.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Property, AllowMultiple = true)]
public sealed class CelRuleAttribute(string rule, string message) : Attribute
{
    /// <summary>The expression.</summary>
    public string Rule => rule;

    /// <summary>What is allowed.</summary>
    public string Message => message;
}

/// <summary>
/// The value the API server writes when the field is left out. Equal to the initial value of the C# property, so that
/// an object whose enclosing part is missing reads the same.
/// </summary>
/// <remarks>
/// A property with a default has <c>set</c>, or an <c>init</c> that replaces null: generated deserialization assigns
/// every init-only property, so a plain <c>init</c> would lose the initial value when the field is missing.
/// </remarks>
/// <param name="value">A constant: string, number, boolean or enum member.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultAttribute(object? value = null) : Attribute
{
    /// <summary>The constant, or null where <see cref="Json"/> is set.</summary>
    public object? Value => value;

    /// <summary>The value as JSON text, for lists and objects.</summary>
    public string? Json { get; init; }
}
