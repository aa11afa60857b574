using System.Text.Json.Serialization;

namespace EnterpriseAI.Api;

/// <summary>Format of tabular data.</summary>
[JsonConverter(typeof(EnumNameConverter<DataFormat>))]
public enum DataFormat
{
    /// <summary>Separated values with a heading line.</summary>
    Csv,

    /// <summary>An array of objects, or one object per line.</summary>
    Json,

    /// <summary>Apache Parquet.</summary>
    Parquet,
}
