using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Story;

/// <summary>Manifests that no sample holds, because their content is made when they are applied.</summary>
public static class Manifests
{
    /// <summary>A Secret with one entry.</summary>
    public static JsonObject Secret(string name, string key, string pem) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Secret",
        ["metadata"] = new JsonObject { ["name"] = name },
        ["data"] = new JsonObject { [key] = Convert.ToBase64String(Encoding.ASCII.GetBytes(pem)) },
    };
}
