using System.Collections.Specialized;
using System.Net;
using System.Text.Json.Nodes;

namespace EnterpriseAI.Testing;

public sealed partial class FakeApiServer
{
    static string Text(JsonObject obj, string member) => obj["metadata"]?[member]?.ToString() ?? "";

    static bool Within(string collection, string asked)
    {
        if (collection == asked)
            return true;
        // All namespaces: api/v1/pods covers api/v1/namespaces/x/pods.
        var parts = collection.Split('/').ToList();
        var at = parts.LastIndexOf("namespaces");
        if (at < 0 || at + 2 >= parts.Count)
            return false;
        parts.RemoveRange(at, 2);
        return string.Join('/', parts) == asked;
    }

    static Func<JsonObject, bool> Selector(NameValueCollection query)
    {
        var labels = (query["labelSelector"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(term => term.Split('=', 2)).ToList();
        var fields = (query["fieldSelector"] ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(term => term.Split('=', 2)).ToList();
        return obj => labels.All(term => obj["metadata"]?["labels"]?[term[0]]?.ToString() is { } value && (term.Length == 1 || value == term[1]))
            && fields.All(term => term[0] != "metadata.name" || Text(obj, "name") == term[1]);
    }

    HttpResponseMessage List(string collection, NameValueCollection query)
    {
        if (long.TryParse(query["resourceVersion"], out var asked) && asked > _version)
            throw new FakeFailure(HttpStatusCode.GatewayTimeout, "Timeout", "Too large resource version");
        var matches = Selector(query);
        var items = _objects.Where(pair => Within(FakeRoute.Of(pair.Key).Collection, collection) && matches(pair.Value))
            .Select(pair => (JsonNode)pair.Value.DeepClone()).ToArray();
        return Ok(new JsonObject
        {
            ["kind"] = "List",
            ["apiVersion"] = "v1",
            ["metadata"] = new JsonObject { ["resourceVersion"] = _version.ToString() },
            ["items"] = new JsonArray(items),
        });
    }

    HttpResponseMessage Watch(string collection, NameValueCollection query)
    {
        if (query["sendInitialEvents"] == "true" && Streaming == FakeStreaming.Refused)
            throw new FakeFailure(HttpStatusCode.UnprocessableEntity, "Invalid", "sendInitialEvents: Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled");
        if (query["sendInitialEvents"] == "true" && Streaming == FakeStreaming.On)
            return Stream(collection, query);
        var from = long.TryParse(query["resourceVersion"], out var version) ? version : _version;
        var watch = new FakeWatch(collection, Selector(query));
        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(watch.Body) };
        if (from < _compacted)
        {
            if (!ExpiresInStream)
                throw new FakeFailure(HttpStatusCode.Gone, "Expired", $"too old resource version: {from} ({_compacted})");
            watch.Raw(new JsonObject { ["type"] = "ERROR", ["object"] = Status(HttpStatusCode.Gone, "Gone", $"too old resource version: {from}") }.ToJsonString() + "\n");
            watch.End(null);
            return response;
        }

        foreach (var obj in _objects.Values.Concat(_history.Select(change => change.Object)))
            watch.Knows(obj);
        foreach (var change in _history.Where(change => change.Version > from && Within(change.Collection, collection)))
            watch.Send(change.Type, change.Object);
        _watches.Add(watch);
        return response;
    }

    HttpResponseMessage Stream(string collection, NameValueCollection query)
    {
        if (query["resourceVersionMatch"] != "NotOlderThan" || query["allowWatchBookmarks"] != "true")
            throw new FakeFailure(HttpStatusCode.UnprocessableEntity, "Invalid", "sendInitialEvents needs resourceVersionMatch=NotOlderThan and allowWatchBookmarks=true");
        if (long.TryParse(query["resourceVersion"], out var asked) && asked > _version)
            throw new FakeFailure(HttpStatusCode.GatewayTimeout, "Timeout", "Too large resource version");
        var watch = new FakeWatch(collection, Selector(query));
        foreach (var (_, obj) in _objects.Where(pair => Within(FakeRoute.Of(pair.Key).Collection, collection)))
            watch.Send("ADDED", obj);
        watch.Raw($$$"""{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"{{{_version}}}","annotations":{"k8s.io/initial-events-end":"true"} } } }""" + "\n");
        _watches.Add(watch);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(watch.Body) };
    }

    HttpResponseMessage Create(FakeRoute route, string body)
    {
        var obj = JsonNode.Parse(body)!.AsObject();
        var metadata = obj["metadata"]?.AsObject() ?? throw new FakeFailure(HttpStatusCode.BadRequest, "BadRequest", "no metadata");
        metadata["name"] ??= $"{metadata["generateName"]}{_uid + 1:x5}";
        var path = $"{route.Collection}/{metadata["name"]}";
        if (_objects.ContainsKey(path))
            throw new FakeFailure(HttpStatusCode.Conflict, "AlreadyExists", $"{path} already exists");
        return Ok(Store(route.Collection, path, obj));
    }

    HttpResponseMessage Replace(FakeRoute route, JsonObject obj)
    {
        var present = Existing(route);
        if (Text(obj, "resourceVersion") is { Length: > 0 } version && version != Text(present, "resourceVersion"))
            throw new FakeFailure(HttpStatusCode.Conflict, "Conflict", "the object has been modified; please apply your changes to the latest version and try again");
        return Ok(Write(route, present, obj));
    }

    HttpResponseMessage Change(FakeRoute route, FakeRequest request, string manager)
    {
        if (request.ContentType == "application/apply-patch+yaml")
            return Apply(route, JsonNode.Parse(request.Body)!.AsObject(), manager);
        var present = Existing(route);
        var changed = present.DeepClone().AsObject();
        if (request.ContentType == "application/json-patch+json")
            FakePatch.Json(changed, JsonNode.Parse(request.Body)!.AsArray());
        else
            FakePatch.Merge(changed, JsonNode.Parse(request.Body)!.AsObject());
        if (Text(changed, "resourceVersion") is { Length: > 0 } version && version != Text(present, "resourceVersion"))
            throw new FakeFailure(HttpStatusCode.Conflict, "Conflict", "the object has been modified");
        return Ok(Write(route, present, changed));
    }

    HttpResponseMessage Apply(FakeRoute route, JsonObject desired, string manager)
    {
        var key = $"{manager} {route.Subresource} {route.Object}";
        if (!_objects.TryGetValue(route.Object, out var present))
        {
            if (route.Subresource is not null)
                throw new FakeFailure(HttpStatusCode.NotFound, "NotFound", $"{route.Object} not found");
            _applied[key] = desired.DeepClone().AsObject();
            return Ok(Store(route.Collection, route.Object, desired));
        }

        var merged = present.DeepClone().AsObject();
        if (_applied.TryGetValue(key, out var before))
            FakePatch.RemoveAbandoned(merged, before, desired);
        FakePatch.Merge(merged, desired);
        _applied[key] = desired.DeepClone().AsObject();
        return Ok(Write(route, present, merged));
    }

    /// <summary>Stores what the route may change: the status through its subresource, everything else without.</summary>
    JsonObject Write(FakeRoute route, JsonObject present, JsonObject wanted)
    {
        var next = route.Subresource == "status" ? present.DeepClone().AsObject() : wanted.DeepClone().AsObject();
        var statusFrom = route.Subresource == "status" ? wanted : present;
        next.Remove("status");
        if (statusFrom["status"] is { } status)
            next["status"] = status.DeepClone();
        return Store(route.Collection, route.Object, next);
    }

    HttpResponseMessage Delete(FakeRoute route, JsonObject options)
    {
        var present = Existing(route);
        foreach (var member in (string[])["uid", "resourceVersion"])
        {
            if (options["preconditions"]?[member]?.ToString() is { } wanted && wanted != Text(present, member))
                throw new FakeFailure(HttpStatusCode.Conflict, "Conflict", $"precondition failed: {member}");
        }

        if (present["metadata"]!["finalizers"] is JsonArray { Count: > 0 })
        {
            var marked = present.DeepClone().AsObject();
            marked["metadata"]!["deletionTimestamp"] ??= Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
            return Ok(Store(route.Collection, route.Object, marked));
        }

        return Ok(Erase(route.Collection, route.Object));
    }

    JsonObject Store(string collection, string path, JsonObject obj)
    {
        obj = obj.DeepClone().AsObject();
        var present = _objects.GetValueOrDefault(path);
        var metadata = obj["metadata"]!.AsObject();
        metadata["uid"] = present is null ? $"uid-{++_uid}" : Text(present, "uid");
        metadata["creationTimestamp"] = present?["metadata"]?["creationTimestamp"]?.DeepClone() ?? Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'");
        metadata["resourceVersion"] = present is null ? null : Text(present, "resourceVersion");
        var generation = present?["metadata"]?["generation"]?.GetValue<long>() ?? 0;
        metadata["generation"] = present is null || !JsonNode.DeepEquals(present["spec"], obj["spec"]) ? generation + 1 : generation;
        if (present is not null && JsonNode.DeepEquals(present, obj))
            return obj;

        metadata["resourceVersion"] = (++_version).ToString();
        if (present is not null && metadata["deletionTimestamp"] is not null && metadata["finalizers"] is null or JsonArray { Count: 0 })
        {
            _version--;
            _objects[path] = obj;
            return Erase(collection, path);
        }

        _objects[path] = obj;
        Publish(collection, present is null ? "ADDED" : "MODIFIED", obj);
        return obj.DeepClone().AsObject();
    }

    JsonObject Erase(string collection, string path)
    {
        if (!_objects.Remove(path, out var last))
            throw new FakeFailure(HttpStatusCode.NotFound, "NotFound", $"{path} not found");
        foreach (var key in _applied.Keys.Where(key => key.EndsWith(' ' + path)).ToList())
            _applied.Remove(key);
        last["metadata"]!["resourceVersion"] = (++_version).ToString();
        Publish(collection, "DELETED", last);
        return last.DeepClone().AsObject();
    }

    void Publish(string collection, string type, JsonObject obj)
    {
        var copy = obj.DeepClone().AsObject();
        _history.Add((_version, type, copy, collection));
        foreach (var watch in _watches.Where(watch => Within(collection, watch.Collection)))
        {
            if (_held is null)
                watch.Send(type, copy);
            else
                _held.Add(() => watch.Send(type, copy));
        }
    }
}
