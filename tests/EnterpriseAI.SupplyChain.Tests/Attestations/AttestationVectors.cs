using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain.Tests.Mini;

namespace EnterpriseAI.SupplyChain.Tests.Attestations;

/// <summary>Statements about the artifact of the miniature instance, signed there, and with one thing wrong.</summary>
internal static class AttestationVectors
{
    public const string Builder = "https://github.com/actions/runner/github-hosted";
    public const string BuildType = "https://actions.github.io/buildtypes/workflow/v1";
    public const string Source = "https://github.com/acme/model";
    public const string SourceRef = "refs/heads/main";
    public const string Purl = "pkg:pypi/numpy@1.0.0";

    public static readonly string Data = new('d', 64);

    private static readonly string FileDigest = new('f', 64);

    public static AttestedArtifact Artifact { get; } = new(ModelDigest.OfBytes("the artifact"u8)) { FileDigests = new HashSet<string> { FileDigest } };

    public static ProvenancePolicy Policy { get; } = new()
    {
        BuilderIds = ["https://other.example.com", Builder],
        BuildTypes = [BuildType],
        Source = Source,
        SourceRef = SourceRef,
        Materials = [new ProvenanceMaterial("sha256", Data), new ProvenanceMaterial("gitCommit", "abc123", "git+https://github.com/acme/model@refs/heads/main")],
    };

    public static VulnerabilityPolicy ScanPolicy { get; } = new() { MaxAge = TimeSpan.FromDays(1), Now = MiniSigstore.Now };

    public static JsonObject Statement(string type, JsonObject predicate) => new()
    {
        ["_type"] = "https://in-toto.io/Statement/v1",
        ["subject"] = new JsonArray(new JsonObject { ["name"] = "model", ["digest"] = new JsonObject { ["sha256"] = Artifact.Digest.Hex } }),
        ["predicateType"] = type,
        ["predicate"] = predicate,
    };

    public static JsonObject ProvenanceV1() => Statement(Provenance.V1, new JsonObject
    {
        ["buildDefinition"] = new JsonObject
        {
            ["buildType"] = BuildType,
            ["externalParameters"] = new JsonObject { ["workflow"] = new JsonObject { ["repository"] = Source, ["ref"] = SourceRef, ["path"] = ".github/workflows/train.yml" } },
            ["resolvedDependencies"] = Materials(),
        },
        ["runDetails"] = new JsonObject { ["builder"] = new JsonObject { ["id"] = Builder }, ["metadata"] = new JsonObject { ["invocationId"] = "1" } },
    });

    public static JsonObject ProvenanceV02() => Statement(Provenance.V02, new JsonObject
    {
        ["builder"] = new JsonObject { ["id"] = Builder },
        ["buildType"] = BuildType,
        ["invocation"] = new JsonObject { ["configSource"] = new JsonObject { ["uri"] = $"git+{Source}.git@{SourceRef}", ["digest"] = new JsonObject { ["sha1"] = "abc123" } } },
        ["materials"] = Materials(),
    });

    public static JsonObject CycloneDx(string? hash = null) => Statement(BillOfMaterials.CycloneDx, new JsonObject
    {
        ["bomFormat"] = "CycloneDX",
        ["specVersion"] = "1.6",
        ["components"] = new JsonArray(
            new JsonObject { ["type"] = "library", ["name"] = "numpy" },
            new JsonObject { ["type"] = "machine-learning-model", ["name"] = "model", ["hashes"] = new JsonArray(new JsonObject { ["alg"] = "SHA-256", ["content"] = hash ?? Artifact.Digest.Hex }) }),
    });

    public static JsonObject Spdx2() => Statement(BillOfMaterials.Spdx + "/v2.3", new JsonObject
    {
        ["spdxVersion"] = "SPDX-2.3",
        ["packages"] = new JsonArray(new JsonObject { ["name"] = "model", ["checksums"] = new JsonArray(new JsonObject { ["algorithm"] = "SHA256", ["checksumValue"] = FileDigest.ToUpperInvariant() }) }),
    });

    public static JsonObject Spdx3() => Statement(BillOfMaterials.Spdx, new JsonObject
    {
        ["@context"] = "https://spdx.org/rdf/3.0.1/spdx-context.jsonld",
        ["@graph"] = new JsonArray(
            new JsonObject { ["type"] = "software_Package" },
            new JsonObject { ["type"] = "ai_AIPackage", ["verifiedUsing"] = new JsonArray(new JsonObject { ["type"] = "Hash", ["algorithm"] = "sha256", ["hashValue"] = FileDigest }) }),
    });

    public static JsonObject Scan(JsonNode result, string type = VulnerabilityScan.CosignType) => Statement(type, new JsonObject
    {
        ["invocation"] = new JsonObject(),
        ["scanner"] = new JsonObject { ["uri"] = "pkg:github/scanner", ["version"] = "1", ["result"] = result },
        ["metadata"] = new JsonObject { ["scanStartedOn"] = "2025-06-15T10:59:00Z", ["scanFinishedOn"] = "2025-06-15T11:00:00Z" },
    });

    public static JsonObject Trivy(params (string Id, string Severity)[] found) => new()
    {
        ["SchemaVersion"] = 2,
        ["Results"] = new JsonArray(new JsonObject
        {
            ["Target"] = "model",
            ["Vulnerabilities"] = new JsonArray([.. found.Select(one => new JsonObject { ["VulnerabilityID"] = one.Id, ["Severity"] = one.Severity, ["PkgName"] = "numpy", ["PkgIdentifier"] = new JsonObject { ["PURL"] = Purl } })]),
        }),
    };

    public static JsonObject Grype(params (string Id, string Severity)[] found) => new()
    {
        ["matches"] = new JsonArray([.. found.Select(one => new JsonObject { ["vulnerability"] = new JsonObject { ["id"] = one.Id, ["severity"] = one.Severity }, ["artifact"] = new JsonObject { ["name"] = "numpy", ["purl"] = Purl } })]),
    };

    public static JsonArray InToto(params (string Id, string Severity)[] found) =>
        [.. found.Select(one => new JsonObject { ["id"] = one.Id, ["severity"] = new JsonArray(new JsonObject { ["method"] = "cvss", ["score"] = one.Severity }), ["component"] = new JsonObject { ["purl"] = Purl } })];

    public static JsonObject Vex(JsonObject statement, string timestamp = "2025-06-15T11:30:00Z") => Statement(OpenVex.Type + "/v0.2.0", new JsonObject
    {
        ["@context"] = "https://openvex.dev/ns/v0.2.0",
        ["timestamp"] = timestamp,
        ["statements"] = new JsonArray(statement),
    });

    public static JsonObject Ruled(string id, JsonObject product, string status = "not_affected", string? justification = "vulnerable_code_not_present")
    {
        var statement = new JsonObject { ["vulnerability"] = new JsonObject { ["name"] = id }, ["products"] = new JsonArray(product), ["status"] = status };
        if (justification is not null)
            statement["justification"] = justification;
        return statement;
    }

    public static JsonObject Product(string id, params string[] subcomponents)
    {
        var product = new JsonObject { ["@id"] = id };
        if (subcomponents.Length > 0)
            product["subcomponents"] = new JsonArray([.. subcomponents.Select(subcomponent => new JsonObject { ["@id"] = subcomponent })]);
        return product;
    }

    private static JsonArray Materials() =>
    [
        new JsonObject { ["uri"] = "git+https://github.com/acme/model@refs/heads/main", ["digest"] = new JsonObject { ["gitCommit"] = "abc123" } },
        new JsonObject { ["uri"] = "s3://data/penguins", ["digest"] = new JsonObject { ["sha256"] = Data } },
        // A repository that something else was built with proves nothing.
        new JsonObject { ["uri"] = "git+https://github.com/acme/tools@refs/heads/main", ["digest"] = new JsonObject { ["gitCommit"] = "def456" } },
    ];
}
