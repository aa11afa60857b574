using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using EnterpriseAI.Gateway.Routing;

namespace EnterpriseAI.Gateway.Sources;

/// <summary>Reads a routing table from JSON, or says where it is wrong and what is allowed.</summary>
internal static partial class RouteFile
{
    private const int MaxWeight = 1_000_000;

    /// <summary>Reads a table.</summary>
    /// <param name="json">UTF-8 JSON; comments and trailing commas are allowed.</param>
    /// <exception cref="RouteFileException">It is not JSON or not a table; the message starts with a JSON path such as <c>$.services[0].name</c>.</exception>
    public static RouteTable Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            return ReadTable(new JsonPlace("$", document.RootElement));
        }
        catch (JsonException failure)
        {
            throw new RouteFileException($"$ is not JSON: line {failure.LineNumber + 1}, byte {failure.BytePositionInLine + 1}");
        }
        catch (InvalidOperationException)
        {
            // The JSON reader finds damaged text only when it is asked for.
            throw new RouteFileException("$ holds text that is not UTF-8");
        }
    }

    private static RouteTable ReadTable(JsonPlace place)
    {
        var services = ImmutableArray.CreateBuilder<ServiceRoute>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var hosts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var item in place.Required(place.Properties("services"), "services").Items())
        {
            var service = ReadService(item);
            if (!seen.Add(service.FullName)) throw item.Wrong($"is a second service {service.FullName}; namespace and name must be unique");
            foreach (var host in service.Hosts)
                if (!hosts.TryAdd(host, service.FullName))
                    throw item.Wrong($"claims host '{host}', which {hosts[host]} has; a host belongs to one service");
            services.Add(service);
        }
        return new RouteTable(services.ToImmutable());
    }

    private static ServiceRoute ReadService(JsonPlace place)
    {
        var properties = place.Properties("namespace", "name", "hosts", "revisions");
        var @namespace = ReadName(place.Required(properties, "namespace"));
        var name = ReadName(place.Required(properties, "name"));
        ImmutableArray<string> hosts = properties.TryGetValue("hosts", out var hostsPlace) ? [.. hostsPlace.Items().Select(ReadHost)] : [];
        RevisionRoute? stable = null, candidate = null;
        foreach (var item in place.Required(properties, "revisions").Items())
        {
            var (role, revision) = ReadRevision(item);
            ref var slot = ref role == RevisionRole.Stable ? ref stable : ref candidate;
            if (slot is not null) throw item.Wrong($"is a second {role} revision; one is allowed");
            slot = revision;
        }
        if (stable is not null && stable.Name == candidate?.Name)
            throw place.Wrong($".revisions names '{stable.Name}' twice; the names of revisions must differ");
        return new ServiceRoute(@namespace, name, hosts, stable, candidate);
    }

    private static (RevisionRole Role, RevisionRoute Route) ReadRevision(JsonPlace place)
    {
        var properties = place.Properties("name", "modelVersion", "role", "weight", "endpoints");
        var rolePlace = place.Required(properties, "role");
        var role = rolePlace.Text() switch
        {
            nameof(RevisionRole.Stable) => RevisionRole.Stable,
            nameof(RevisionRole.Candidate) => RevisionRole.Candidate,
            _ => throw rolePlace.Wrong("must be Stable or Candidate"),
        };
        return (role, new RevisionRoute(
            ReadName(place.Required(properties, "name")),
            properties.TryGetValue("modelVersion", out var modelVersion) ? modelVersion.Text() : "",
            ReadWeight(place.Required(properties, "weight")),
            [.. place.Required(properties, "endpoints").Items().Select(ReadEndpoint).Distinct()]));
    }

    private static int ReadWeight(JsonPlace place) =>
        place.Value.ValueKind == JsonValueKind.Number && place.Value.TryGetInt32(out var weight) && weight is >= 0 and <= MaxWeight
            ? weight
            : throw place.Wrong($"must be a whole number from 0 to {MaxWeight}");

    private static Uri ReadEndpoint(JsonPlace place) =>
        Uri.TryCreate(place.Text(), UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0
            ? uri
            : throw place.Wrong("must be an address without a path such as http://10.244.0.5:8080");

    private static string ReadName(JsonPlace place)
    {
        var name = place.Text();
        return name.Length <= 253 && DnsName().IsMatch(name)
            ? name
            : throw place.Wrong("must be a Kubernetes name: lower-case letters, digits, '-' and '.', starting and ending with a letter or digit");
    }

    private static string ReadHost(JsonPlace place)
    {
        var host = place.Text();
        return host.Length <= 253 && DnsName().IsMatch(host.ToLowerInvariant())
            ? host
            : throw place.Wrong("must be a host name without scheme and port");
    }

    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9.]*[a-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex DnsName();
}
