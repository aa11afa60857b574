using System.Text.Json;
using System.Text.Json.Serialization;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Attestations;

/// <summary>One attestation that must hold for the artifact, as <c>inspect --attestation</c> gives it.</summary>
/// <remarks>Paths are those of files that may be absent: which one is missing is part of the outcome.</remarks>
internal sealed record AttestationRequirement
{
    public const string SlsaProvenanceType = "SlsaProvenance";
    public const string CycloneDxType = "CycloneDx";
    public const string SpdxType = "Spdx";
    public const string VulnerabilitiesType = "Vulnerabilities";

    /// <summary>How many may be asked for; their outcomes share one termination message.</summary>
    public const int Most = 16;

    private const int MaxCharacters = 128 << 10;
    private const int MaxNameCharacters = 63;
    private const int MaxVex = 8;

    /// <summary>The name that the outcome bears.</summary>
    public required string Name { get; init; }

    /// <summary>One of the four types.</summary>
    public required string Type { get; init; }

    /// <summary>The file with the bundle.</summary>
    public required string Bundle { get; init; }

    /// <summary>The files with bundles of VEX documents.</summary>
    public IReadOnlyList<string> Vex { get; init => field = value ?? []; } = [];

    /// <summary>The file with the key that must have signed. Either this, or an identity with issuer and root.</summary>
    public string? PublicKey { get; init; }

    public string? Identity { get; init; }

    public string? Issuer { get; init; }

    public string? TrustedRoot { get; init; }

    public RequiredProvenance? SlsaProvenance { get; init; }

    public RequiredBill? BillOfMaterials { get; init; }

    public RequiredScan? Vulnerabilities { get; init; }

    /// <param name="json">The text of the argument.</param>
    /// <exception cref="FormatException">It is not a requirement; the message says why.</exception>
    public static AttestationRequirement Parse(string json)
    {
        if (json.Length > MaxCharacters)
            throw new FormatException($"it is longer than {MaxCharacters} characters");
        try
        {
            var requirement = JsonSerializer.Deserialize(json, AttestationJsonContext.Default.AttestationRequirement) ?? throw new FormatException("it is null");
            // What cannot be checked is found here, before the model is read.
            _ = requirement.Check(DateTimeOffset.UnixEpoch);
            return requirement.Name.Length is 0 or > MaxNameCharacters ? throw new FormatException($"its name has {requirement.Name.Length} characters, not 1 to {MaxNameCharacters}")
                : requirement.Vex.Count > MaxVex ? throw new FormatException($"it has {requirement.Vex.Count} VEX documents, more than {MaxVex}")
                : requirement.HasSigner ? requirement
                : throw new FormatException("it needs either publicKey, or identity, issuer and trustedRoot");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or SupplyChainException or OverflowException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <summary>The check of a statement that is signed as required, given the VEX documents.</summary>
    /// <param name="now">The time that a scan's age ends at.</param>
    /// <exception cref="FormatException">The type is not known, or goes with another section.</exception>
    public Func<ReadOnlyMemory<byte>, IReadOnlyCollection<ReadOnlyMemory<byte>>, AttestedArtifact, AttestationFinding> Check(DateTimeOffset now)
    {
        switch (this)
        {
            case { Type: SlsaProvenanceType, SlsaProvenance: { } build, BillOfMaterials: null, Vulnerabilities: null, Vex.Count: 0 }:
                var provenance = build.ToPolicy();
                return (statement, _, artifact) => Provenance.Check(statement, artifact, provenance);
            case { Type: CycloneDxType or SpdxType, SlsaProvenance: null, Vulnerabilities: null, Vex.Count: 0 }:
                var type = Type == SpdxType ? SupplyChain.BillOfMaterials.Spdx : SupplyChain.BillOfMaterials.CycloneDx;
                var bill = (BillOfMaterials ?? new RequiredBill()).ToPolicy();
                return (statement, _, artifact) => SupplyChain.BillOfMaterials.Check(statement, artifact, bill, type);
            case { Type: VulnerabilitiesType, SlsaProvenance: null, BillOfMaterials: null }:
                var scan = (Vulnerabilities ?? new RequiredScan()).ToPolicy(now);
                return (statement, vex, artifact) => VulnerabilityScan.Check(statement, vex, artifact, scan);
            case { Type: SlsaProvenanceType or CycloneDxType or SpdxType or VulnerabilitiesType }:
                throw new FormatException($"what it asks for does not go with the type {Type}");
            default:
                throw new FormatException($"its type '{Type}' is not {SlsaProvenanceType}, {CycloneDxType}, {SpdxType} or {VulnerabilitiesType}");
        }
    }

    private bool HasSigner => this is { PublicKey: not null, Identity: null, Issuer: null, TrustedRoot: null } or { PublicKey: null, Identity.Length: > 0, Issuer.Length: > 0, TrustedRoot: not null };
}

/// <summary>How the artifact must have been built.</summary>
internal sealed record RequiredProvenance
{
    public required IReadOnlyList<string> BuilderIds { get; init; }

    public IReadOnlyList<string> BuildTypes { get; init => field = value ?? []; } = [];

    public string? Source { get; init; }

    public string? SourceRef { get; init; }

    /// <summary>Algorithm, colon and hexadecimal digits.</summary>
    public IReadOnlyList<string> Materials { get; init => field = value ?? []; } = [];

    public ProvenancePolicy ToPolicy() => BuilderIds.Count == 0 ? throw new FormatException("it names no builder: provenance is worth as much as its builder")
        : SourceRef is not null && Source is null ? throw new FormatException("a branch or tag means something in its repository only: it needs source, too")
        : new ProvenancePolicy
        {
            BuilderIds = BuilderIds,
            BuildTypes = BuildTypes,
            Source = Source,
            SourceRef = SourceRef,
            Materials = [.. Materials.Select(static text => text.Split(':', 2) is [{ Length: > 0 } algorithm, { Length: > 0 } digest]
                ? new ProvenanceMaterial(algorithm, digest) : throw new FormatException($"'{text}' is not a digest"))],
        };
}

/// <summary>What the bill of materials must be.</summary>
internal sealed record RequiredBill
{
    public string? Digest { get; init; }

    // Set, not init: generated deserialization would replace the initial value of what is left out.
    public bool RequireModel { get; set; } = true;

    public BillOfMaterialsPolicy ToPolicy() => new() { ExpectedDigest = Digest is { } digest ? ModelDigest.Parse(digest) : null, RequireModel = RequireModel };
}

/// <summary>What a scan may have found.</summary>
internal sealed record RequiredScan
{
    /// <summary>The least severity that is refused.</summary>
    public string Refuse { get; set; } = nameof(Severity.High);

    public double? MaxAgeSeconds { get; init; }

    public VulnerabilityPolicy ToPolicy(DateTimeOffset now) => new()
    {
        Refuse = Refuse switch
        {
            nameof(Severity.Low) => Severity.Low,
            nameof(Severity.Medium) => Severity.Medium,
            nameof(Severity.High) => Severity.High,
            nameof(Severity.Critical) => Severity.Critical,
            _ => throw new FormatException($"the severity '{Refuse}' is not Low, Medium, High or Critical"),
        },
        MaxAge = MaxAgeSeconds switch
        {
            null => null,
            > 0 and var seconds => TimeSpan.FromSeconds(seconds),
            _ => throw new FormatException("maxAgeSeconds must be above 0"),
        },
        Now = now,
    };
}

// Strict: a member that is not known here may be a demand that would go unheeded.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(AttestationRequirement))]
internal sealed partial class AttestationJsonContext : JsonSerializerContext;
