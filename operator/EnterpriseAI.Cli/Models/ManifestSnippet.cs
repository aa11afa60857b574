using System.Text.Json.Nodes;
using EnterpriseAI.Api;
using EnterpriseAI.Api.Schema;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Models;

/// <summary>What the user said of the model that was signed.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Uri">Where the cluster finds it.</param>
/// <param name="PublicKeySecret">Secret with the public key.</param>
/// <param name="HasCertificate">True when a certificate vouches for the key.</param>
internal sealed record ManifestFacts(string? Model, string? Version, string? Uri, string? PublicKeySecret, bool HasCertificate);

/// <summary>The manifest of a model version for what was signed, as YAML with remarks.</summary>
/// <remarks>Guarantees: what is not known stands there in capitals, which the API server refuses as a name, a version's Secret or an address.</remarks>
internal static class ManifestSnippet
{
    // Where training jobs put it, too.
    private const string PublicKey = "cosign.pub";

    public static string Of(ModelSignature signature, ManifestFacts facts)
    {
        var (model, version, secret) = (facts.Model ?? "MODEL", facts.Version ?? "VERSION", facts.PublicKeySecret ?? "SECRET");
        var spec = new JsonObject
        {
            ["model"] = model,
            ["version"] = version,
            ["artifact"] = new JsonObject { ["uri"] = facts.Uri ?? "URI", ["digest"] = signature.Digest.ToString() },
        };
        List<string> remarks = [$"digest {signature.Digest}", $"signed with key {signature.KeyId}; the signature is {signature.File}"];
        if (facts.HasCertificate)
        {
            remarks.Add("a ModelVersion cannot ask for a certificate's signature; whoever has the certificate checks it with: kubectl enterpriseai verify-model");
        }
        else
        {
            spec["signature"] = new JsonObject { ["publicKey"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["name"] = secret, ["key"] = PublicKey } } };
            remarks.Add($"the public key must be there: kubectl create secret generic {secret} --from-file={PublicKey}=PUBLIC_KEY.pem");
        }
        var manifest = new JsonObject
        {
            ["apiVersion"] = ApiResources.ApiVersion,
            ["kind"] = ApiResources.ModelVersions.Kind,
            ["metadata"] = new JsonObject { ["name"] = $"{model}-{version}" },
            ["spec"] = spec,
        };
        return string.Concat(remarks.Select(remark => $"# {PlainText.Line(remark)}\n")) + YamlText.Of(manifest);
    }
}
