using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Where an artifact comes from.</summary>
public sealed record ModelProvenance
{
    /// <summary>Name of the TrainingJob in the same namespace that made it.</summary>
    [MaxLength(253)]
    public string? TrainingJob { get; init; }

    /// <summary>The data it was trained on.</summary>
    [MaxItems(64)]
    public IReadOnlyList<DataSourceDigest> DataSources { get; init => field = value ?? []; } = [];

    /// <summary>The source code it was trained with.</summary>
    public SourceRevision? Source { get; init; }
}

/// <summary>A data source in the state in which it was read.</summary>
public sealed record DataSourceDigest
{
    /// <summary>Name of the DataSource in the same namespace.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string Name { get; init => field = value ?? ""; } = "";

    /// <summary>Digest of the snapshot: "sha256:" and 64 hexadecimal digits.</summary>
    [Pattern("^sha256:[0-9a-f]{64}$"), MaxLength(71)]
    public string? Digest { get; init; }
}

/// <summary>A state of source code.</summary>
public sealed record SourceRevision
{
    /// <summary>Address of the repository.</summary>
    [Required, MinLength(1), MaxLength(2048)]
    public string Repository { get; init => field = value ?? ""; } = "";

    /// <summary>Commit, 40 or 64 hexadecimal digits.</summary>
    [Pattern("^([0-9a-f]{40}|[0-9a-f]{64})$"), MaxLength(64)]
    public string? Commit { get; init; }
}
