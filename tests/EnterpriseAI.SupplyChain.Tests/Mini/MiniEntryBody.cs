using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>What the logs record about a signature, in the form of each kind of entry.</summary>
internal static class MiniEntryBody
{
    public static JsonObject Of(MiniShape shape, byte[] artifact, byte[]? statement, string payloadType, byte[] signature, byte[] material, string keyDetails, bool isKey)
    {
        var pem = Encoding.UTF8.GetBytes(PemEncoding.WriteString(isKey ? "PUBLIC KEY" : "CERTIFICATE", material) + "\n");
        if (shape.Log is MiniLog.RekorV2)
        {
            // The name of the field says which; the log keeps the kind of key beside it.
            var verifier = new JsonObject { ["keyDetails"] = keyDetails, [isKey ? "publicKey" : "x509Certificate"] = new JsonObject { ["rawBytes"] = Base64(material) } };
            return Body("hashedrekord", "0.0.2", new JsonObject
            {
                ["hashedRekordV002"] = new JsonObject
                {
                    ["data"] = new JsonObject { ["algorithm"] = "SHA2_256", ["digest"] = Base64(SHA256.HashData(statement is null ? artifact : Dsse.PreAuthenticationEncoding(payloadType, statement))) },
                    ["signature"] = new JsonObject { ["content"] = Base64(signature), ["verifier"] = verifier },
                },
            });
        }
        if (statement is null)
        {
            return Body("hashedrekord", "0.0.1", new JsonObject
            {
                ["data"] = new JsonObject { ["hash"] = Hash(artifact) },
                ["signature"] = new JsonObject { ["content"] = Base64(signature), ["publicKey"] = new JsonObject { ["content"] = Base64(pem) } },
            });
        }
        if (shape.EnvelopeEntry is MiniEnvelopeEntry.Dsse)
        {
            return Body("dsse", "0.0.1", new JsonObject
            {
                ["envelopeHash"] = Hash(statement),
                ["payloadHash"] = Hash(statement),
                ["signatures"] = new JsonArray(new JsonObject { ["signature"] = Base64(signature), ["verifier"] = Base64(pem) }),
            });
        }
        return Body("intoto", "0.0.2", new JsonObject
        {
            ["content"] = new JsonObject
            {
                ["envelope"] = new JsonObject
                {
                    ["payloadType"] = payloadType,
                    ["signatures"] = new JsonArray(new JsonObject { ["publicKey"] = Base64(pem), ["sig"] = Base64(Encoding.ASCII.GetBytes(Base64(signature))) }),
                },
                ["hash"] = Hash(statement),
                ["payloadHash"] = Hash(statement),
            },
        });
    }

    public static JsonObject Hash(byte[] data) => new() { ["algorithm"] = "sha256", ["value"] = Convert.ToHexStringLower(SHA256.HashData(data)) };

    public static string Base64(byte[] bytes) => Convert.ToBase64String(bytes);

    private static JsonObject Body(string kind, string version, JsonObject spec) => new() { ["apiVersion"] = version, ["kind"] = kind, ["spec"] = spec };
}
