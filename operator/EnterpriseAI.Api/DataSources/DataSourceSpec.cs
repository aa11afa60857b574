using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Where data is, what it must look like, and who may use it for what.</summary>
public sealed record DataSourceSpec
{
    /// <summary>Team or person accountable for the data.</summary>
    [MaxLength(253)]
    public string? Owner { get; init; }

    /// <summary>Where the data is. Exactly one of persistentVolumeClaim, http, s3 and postgres.</summary>
    [Required]
    public DataLocation Source { get; init => field = value ?? new(); } = new();

    /// <summary>Format of the data. Left out: by the suffix of the path (.csv, .json, .jsonl, .ndjson, .parquet). Not used by postgres.</summary>
    public DataFormat? Format { get; init; }

    /// <summary>Columns that the data must have. Left out: the schema is inferred and reported only.</summary>
    public DataSchema? Schema { get; init; }

    /// <summary>What the data must satisfy. Left out: the quality is measured and reported only.</summary>
    public DataQualityRules? Quality { get; init; }

    /// <summary>How a change of the data's distribution is detected. Left out: it is not looked for.</summary>
    public DriftDetection? Drift { get; init; }

    /// <summary>Which sensitive content is looked for, and the declared confidentiality. Left out: everything is looked for, with the defaults.</summary>
    public ClassificationRules? Classification { get; init; }

    /// <summary>Who may use the data for what, and how it has to be kept.</summary>
    public DataGovernance? Governance { get; init; }

    /// <summary>When the data is profiled again: a cron expression of five fields in UTC, such as "0 * * * *". Left out: once per change of this spec.</summary>
    [MaxLength(128)]
    public string? Schedule { get; init; }
}
