using System.Net;

namespace EnterpriseAI.Audit.Server;

/// <summary>What <c>audit-log</c> is told on its command line.</summary>
public sealed record AuditServerOptions
{
    /// <summary>The log's directory; made when it is not there.</summary>
    public required string Directory { get; init; }

    /// <summary>Where to listen; port 0 takes a free one.</summary>
    public required IPEndPoint Http { get; init; }

    /// <summary>The log's name in every checkpoint. Null: that of the key, or <see cref="DefaultOrigin"/> for a new key.</summary>
    public string? Origin { get; init; }

    /// <summary>The signing key's file. Null: <c>key</c> in the directory, made on the first start.</summary>
    public string? KeyFile { get; init; }

    /// <summary>A file with the bearer token that appends must present. Null: anyone who reaches the address may append.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The origin of a log that nobody named.</summary>
    public const string DefaultOrigin = "enterpriseai.io/audit";
}
