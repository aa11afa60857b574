using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Columns that the data must have.</summary>
public sealed record DataSchema
{
    /// <summary>What follows when the data does not have these columns.</summary>
    [Default(SchemaPolicy.Enforce)]
    public SchemaPolicy Policy { get; set; } = SchemaPolicy.Enforce;

    /// <summary>The columns. Further columns in the data are allowed.</summary>
    [ListMapKey("name"), MaxItems(1000)]
    public IReadOnlyList<SchemaColumn> Columns { get; init => field = value ?? []; } = [];
}

/// <summary>What follows from a schema that is not met.</summary>
[JsonConverter(typeof(EnumNameConverter<SchemaPolicy>))]
public enum SchemaPolicy
{
    /// <summary>The data source is not ready, and nothing may train on it.</summary>
    Enforce,

    /// <summary>The condition SchemaValid is false; the data source stays usable.</summary>
    Warn,
}

/// <summary>One column that the data must have.</summary>
[CelRule("!has(self.minimum) || !has(self.maximum) || self.minimum <= self.maximum", "minimum must not exceed maximum")]
public sealed record SchemaColumn
{
    /// <summary>Name, as in the data.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Type. Left out: any.</summary>
    public ColumnType? Type { get; init; }

    /// <summary>Whether values may be missing.</summary>
    [Default(true)]
    public bool Nullable { get; set; } = true;

    /// <summary>Smallest allowed value, in the column's unit. Numeric columns only.</summary>
    public double? Minimum { get; init; }

    /// <summary>Largest allowed value, in the column's unit. Numeric columns only.</summary>
    public double? Maximum { get; init; }

    /// <summary>The only allowed values, as text. Left out: any.</summary>
    [MinItems(1), MaxItems(1000), MaxLength(1024)]
    public IReadOnlyList<string>? AllowedValues { get; init; }

    /// <summary>Regular expression (RE2) that some part of each value must match; ^ and $ anchor it.</summary>
    [MaxLength(1024)]
    public string? Pattern { get; init; }
}

/// <summary>Type of a column.</summary>
[JsonConverter(typeof(EnumNameConverter<ColumnType>))]
public enum ColumnType
{
    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>Whole number of any width.</summary>
    Integer,

    /// <summary>Floating-point number.</summary>
    Double,

    /// <summary>Decimal number of fixed scale.</summary>
    Decimal,

    /// <summary>Text.</summary>
    String,

    /// <summary>Calendar day.</summary>
    Date,

    /// <summary>Time of day.</summary>
    Time,

    /// <summary>Point in time.</summary>
    Timestamp,

    /// <summary>Bytes.</summary>
    Binary,

    /// <summary>List of values.</summary>
    List,

    /// <summary>Structure of named values.</summary>
    Struct,

    /// <summary>Any other type.</summary>
    Other,
}
