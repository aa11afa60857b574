using System.Net;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Testing;

/// <summary>The patch formats of an API server, on JSON trees.</summary>
internal static class FakePatch
{
    public static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (key, value) in patch)
        {
            if (value is null)
                target.Remove(key);
            else if (value is JsonObject inner && target[key] is JsonObject present)
                Merge(present, inner);
            else
                target[key] = value.DeepClone();
        }
    }

    /// <summary>Removes what an earlier apply set and the new one does not. Lists are one value.</summary>
    public static void RemoveAbandoned(JsonObject target, JsonObject before, JsonObject now)
    {
        foreach (var (key, value) in before)
        {
            if (!now.ContainsKey(key))
                target.Remove(key);
            else if (value is JsonObject inner && now[key] is JsonObject next && target[key] is JsonObject present)
                RemoveAbandoned(present, inner, next);
        }
    }

    public static void Json(JsonObject target, JsonArray operations)
    {
        foreach (var operation in operations)
        {
            var path = operation!["path"]!.GetValue<string>().Split('/').Skip(1)
                .Select(part => part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
            Apply(target, operation["op"]!.GetValue<string>(), path, operation["value"]);
        }
    }

    static void Apply(JsonObject target, string op, string[] path, JsonNode? value)
    {
        JsonNode? parent = target;
        foreach (var part in path[..^1])
            parent = parent is JsonArray list ? list[int.Parse(part)] : parent?[part];
        var last = path[^1];
        switch (op, parent)
        {
            case ("test", JsonArray list) when int.TryParse(last, out var index) && index < list.Count && JsonNode.DeepEquals(list[index], value):
            case ("test", JsonObject obj) when JsonNode.DeepEquals(obj[last], value):
            case ("test", null) when value is null:
                return;
            case ("test", _):
                throw new FakeFailure(HttpStatusCode.UnprocessableEntity, "Invalid", "the server rejected our request due to an error in our request");
            case ("add", JsonArray list):
                list.Insert(last == "-" ? list.Count : int.Parse(last), value?.DeepClone());
                return;
            case ("remove", JsonArray list):
                list.RemoveAt(int.Parse(last));
                return;
            case ("add" or "replace", JsonObject obj):
                obj[last] = value?.DeepClone();
                return;
            case ("remove", JsonObject obj):
                obj.Remove(last);
                return;
            default:
                throw new FakeFailure(HttpStatusCode.UnprocessableEntity, "Invalid", $"{op} {string.Join('/', path)} is not possible");
        }
    }
}

/// <summary>An answer other than success.</summary>
internal sealed class FakeFailure(HttpStatusCode code, string reason, string message) : Exception(message)
{
    public HttpStatusCode Code => code;

    public string Reason => reason;
}
