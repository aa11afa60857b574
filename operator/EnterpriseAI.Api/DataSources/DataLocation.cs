using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Where data is. Exactly one field is set.</summary>
[ExactlyOneOf("persistentVolumeClaim", "http", "s3", "postgres")]
public sealed record DataLocation
{
    /// <summary>A file or folder on a volume of the same namespace.</summary>
    public ClaimLocation? PersistentVolumeClaim { get; init; }

    /// <summary>A file behind an HTTP server.</summary>
    public HttpLocation? Http { get; init; }

    /// <summary>Objects in an S3-compatible store.</summary>
    public S3Location? S3 { get; init; }

    /// <summary>The result of a query on a PostgreSQL database.</summary>
    public PostgresLocation? Postgres { get; init; }
}

/// <summary>A file or folder on a persistent volume.</summary>
public sealed record ClaimLocation
{
    /// <summary>Name of the PersistentVolumeClaim in the same namespace.</summary>
    [Required, MinLength(1), MaxLength(253)]
    public string ClaimName { get; init => field = value ?? ""; } = "";

    /// <summary>Path inside the volume, relative, without "..". A folder stands for all of its files.</summary>
    [Required, MinLength(1), MaxLength(1024)]
    public string Path { get; init => field = value ?? ""; } = "";
}

/// <summary>A file behind an HTTP server.</summary>
public sealed record HttpLocation
{
    /// <summary>Address, http:// or https://.</summary>
    [Required, Pattern("^https?://[^\\s]+$"), MaxLength(2048)]
    public string Url { get; init => field = value ?? ""; } = "";

    /// <summary>Secret with the keys "username" and "password", or "token" for a bearer token.</summary>
    public SecretReference? SecretRef { get; init; }
}

/// <summary>Objects in an S3-compatible store.</summary>
public sealed record S3Location
{
    /// <summary>Address of the store, http:// or https://. Left out: Amazon S3 of the region.</summary>
    [Pattern("^https?://[^\\s]+$"), MaxLength(2048)]
    public string? Endpoint { get; init; }

    /// <summary>Name of the bucket.</summary>
    [Required, Pattern("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"), MaxLength(63)]
    public string Bucket { get; init => field = value ?? ""; } = "";

    /// <summary>Key, or common beginning of the keys, of the objects. Left out: the whole bucket.</summary>
    [MaxLength(1024)]
    public string? Prefix { get; init; }

    /// <summary>Region of the bucket, such as eu-west-1.</summary>
    [MaxLength(64)]
    public string? Region { get; init; }

    /// <summary>Secret with the keys "accessKeyId" and "secretAccessKey". Left out: anonymous access.</summary>
    public SecretReference? SecretRef { get; init; }
}

/// <summary>The result of a query on a PostgreSQL database.</summary>
public sealed record PostgresLocation
{
    /// <summary>Secret with the key "connectionString".</summary>
    [Required]
    public SecretReference SecretRef { get; init => field = value ?? new(); } = new();

    /// <summary>A SELECT statement, run in a read-only transaction.</summary>
    [Required, MinLength(1), MaxLength(65536)]
    public string Query { get; init => field = value ?? ""; } = "";
}
