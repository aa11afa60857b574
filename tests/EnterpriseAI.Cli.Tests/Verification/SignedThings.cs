using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Tests.Verification;

/// <summary>Makes signatures by a key, in the forms that the commands verify.</summary>
internal sealed class SignedThings : IDisposable
{
    private readonly ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public string PublicKeyPem => key.ExportSubjectPublicKeyInfoPem();

    public byte[] Sign(ReadOnlySpan<byte> data) => key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>A bundle with a statement about what has this digest.</summary>
    public byte[] Statement(string sha256, string type, JsonObject predicate)
    {
        var payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["_type"] = "https://in-toto.io/Statement/v1",
            ["subject"] = new JsonArray(new JsonObject { ["name"] = "it", ["digest"] = new JsonObject { ["sha256"] = sha256 } }),
            ["predicateType"] = type,
            ["predicate"] = predicate,
        }.ToJsonString());
        var signed = Encoding.UTF8.GetBytes($"DSSEv1 {DsseEnvelope.InTotoPayloadType.Length} {DsseEnvelope.InTotoPayloadType} {payload.Length} ").Concat(payload).ToArray();
        return Encoding.UTF8.GetBytes(new SigstoreBundle
        {
            MediaType = SigstoreBundle.MediaTypeV03,
            VerificationMaterial = new VerificationMaterial { PublicKey = new PublicKeyIdentifier("it") },
            DsseEnvelope = new DsseEnvelope(payload, DsseEnvelope.InTotoPayloadType, [new DsseSignature(Sign(signed))]),
        }.Serialize());
    }

    public static JsonObject Provenance(string builder) => new()
    {
        ["buildDefinition"] = new JsonObject { ["buildType"] = "https://example.com/train", ["externalParameters"] = new JsonObject { ["source"] = "git+https://example.com/model@refs/heads/main" } },
        ["runDetails"] = new JsonObject { ["builder"] = new JsonObject { ["id"] = builder } },
    };

    public static JsonObject Scan(string finishedOn, params string[] severities) => new()
    {
        ["scanner"] = new JsonObject
        {
            ["result"] = new JsonObject
            {
                ["matches"] = new JsonArray([.. severities.Select((severity, i) => new JsonObject
                {
                    ["vulnerability"] = new JsonObject { ["id"] = $"CVE-2025-{i}", ["severity"] = severity }, ["artifact"] = new JsonObject { ["purl"] = "pkg:pypi/numpy@1" },
                })]),
            },
        },
        ["metadata"] = new JsonObject { ["scanFinishedOn"] = finishedOn },
    };

    public static JsonObject Vex(string vulnerability) => new()
    {
        ["timestamp"] = "2025-06-15T12:00:00Z",
        ["statements"] = new JsonArray(new JsonObject
        {
            ["vulnerability"] = new JsonObject { ["name"] = vulnerability },
            ["products"] = new JsonArray(new JsonObject { ["@id"] = "pkg:pypi/numpy@1" }),
            ["status"] = "fixed",
        }),
    };

    public void Dispose() => key.Dispose();
}
