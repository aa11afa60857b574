using System.Text.Json.Serialization;
using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Which requests reach a service, besides those to its own host name.</summary>
public sealed record ServiceRouting
{
    /// <summary>Further host names of the service.</summary>
    [ListSet, MaxItems(32), MaxLength(253), Pattern("^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$")]
    public IReadOnlyList<string> Hosts { get; init => field = value ?? []; } = [];

    /// <summary>Headers that send a request to the candidate, all of them, with exactly these values. With the strategy ABTest only such requests reach it, with the others they do besides its weight.</summary>
    [MaxItems(16), MaxLength(1024)]
    public IReadOnlyDictionary<string, string> MatchHeaders { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>Whether a client stays with a version. Anything but None makes the analysis less certain, as requests are no longer independent.</summary>
    [Default(SessionAffinity.None)]
    public SessionAffinity SessionAffinity { get; set; } = SessionAffinity.None;
}

/// <summary>Whether a client stays with a version.</summary>
[JsonConverter(typeof(EnumNameConverter<SessionAffinity>))]
public enum SessionAffinity
{
    /// <summary>Each request is drawn anew.</summary>
    None,

    /// <summary>By the client's address.</summary>
    ClientIP,

    /// <summary>By a cookie that the gateway sets.</summary>
    Cookie,
}

/// <summary>Who may call a service, and how often.</summary>
public sealed record ServiceAccess
{
    /// <summary>Keys, each sent in the header x-api-key.</summary>
    public ApiKeyAccess? ApiKeys { get; init; }

    /// <summary>Signed tokens, sent as bearer token.</summary>
    public JwtAccess? Jwt { get; init; }

    /// <summary>How often the service may be called. Left out: no limit.</summary>
    public RateLimit? RateLimit { get; init; }
}

/// <summary>Access by key.</summary>
public sealed record ApiKeyAccess
{
    /// <summary>Secret whose keys name the clients and whose values are their API keys.</summary>
    [Required]
    public SecretReference SecretRef { get; init => field = value ?? new(); } = new();
}

/// <summary>Access by JSON Web Token.</summary>
public sealed record JwtAccess
{
    /// <summary>Issuer ("iss") that tokens must have.</summary>
    [Required, MinLength(1), MaxLength(2048)]
    public string Issuer { get; init => field = value ?? ""; } = "";

    /// <summary>Audiences ("aud") of which tokens must have one. Empty: any.</summary>
    [ListSet, MaxItems(32), MaxLength(1024)]
    public IReadOnlyList<string> Audiences { get; init => field = value ?? []; } = [];

    /// <summary>Where the issuer's public keys are, https://.</summary>
    [Required, Pattern("^https://[^\\s]+$"), MaxLength(2048)]
    public string JwksUri { get; init => field = value ?? ""; } = "";
}

/// <summary>How often a service may be called.</summary>
public sealed record RateLimit
{
    /// <summary>Requests per interval, per gateway pod.</summary>
    [Required, Minimum(1)]
    public int Requests { get; init; }

    /// <summary>The interval, such as 1s.</summary>
    [Default("1s")]
    public Duration Interval { get; set; } = new("1s");

    /// <summary>What is counted together.</summary>
    [Default(RateLimitKey.Subject)]
    public RateLimitKey By { get; set; } = RateLimitKey.Subject;
}

/// <summary>Which requests are counted together.</summary>
[JsonConverter(typeof(EnumNameConverter<RateLimitKey>))]
public enum RateLimitKey
{
    /// <summary>Those of one API key or one token subject.</summary>
    Subject,

    /// <summary>Those from one address.</summary>
    ClientIP,

    /// <summary>All.</summary>
    Service,
}
