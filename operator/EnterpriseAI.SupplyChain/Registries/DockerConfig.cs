using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.SupplyChain;

/// <summary>Credentials of registries, as <c>docker login</c> and Kubernetes' image pull secrets keep them (<c>config.json</c>).</summary>
/// <remarks>Programs that keep credentials elsewhere (<c>credsStore</c>, <c>credHelpers</c>) are not run: what they keep is an error to ask for.</remarks>
public sealed class DockerConfig
{
    private const int MaxBytes = 1 << 20;
    private const string DockerHub = "index.docker.io/v1";

    private readonly string _name;
    private readonly Dictionary<string, OciCredentials> _credentials;
    private readonly HashSet<string> _helped;
    private readonly bool _hasStore;

    private DockerConfig(string name, Dictionary<string, OciCredentials> credentials, HashSet<string> helped, bool hasStore) =>
        (_name, _credentials, _helped, _hasStore) = (name, credentials, helped, hasStore);

    /// <summary>Where the docker client keeps it.</summary>
    public static string DefaultPath => Path.Combine(
        Environment.GetEnvironmentVariable("DOCKER_CONFIG") is { Length: > 0 } folder ? folder
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify), ".docker"),
        "config.json");

    /// <summary>Reads a file.</summary>
    /// <exception cref="SupplyChainException">It cannot be read, or is malformed.</exception>
    public static async Task<DockerConfig> LoadAsync(string path, CancellationToken cancellationToken = default) =>
        Parse((await SmallFile.ReadAsync(path, MaxBytes, "docker config", cancellationToken).ConfigureAwait(false)).Span, path);

    /// <summary>Reads the JSON of a config, or of an image pull secret of type <c>kubernetes.io/dockerconfigjson</c>.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Malformed"/>, naming the registry but no credentials.</exception>
    public static DockerConfig Parse(ReadOnlySpan<byte> json, string name = "docker config")
    {
        if (json.Length > MaxBytes)
            throw Malformed(name, $"it is larger than {MaxBytes} bytes");
        try
        {
            var config = JsonSerializer.Deserialize(json, DockerConfigContext.Default.DockerConfigJson) ?? throw Malformed(name, "it is null");
            var credentials = new Dictionary<string, OciCredentials>(StringComparer.Ordinal);
            foreach (var (registry, entry) in config.Auths ?? new Dictionary<string, DockerAuthJson>())
                if (Read(entry, registry, name) is { } read)
                    credentials[Key(registry)] = read;
            return new DockerConfig(name, credentials, [.. (config.CredHelpers?.Keys ?? []).Select(Key)], !string.IsNullOrEmpty(config.CredsStore));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The text of the error might quote a password.
            throw Malformed(name, "it is not the JSON of one, with \"auths\" by registry");
        }
    }

    /// <summary>The credentials for a repository: those of the longest path that it lies in; null if there are none.</summary>
    /// <exception cref="SupplyChainException"><see cref="SupplyChainReason.Unsupported"/>: a program keeps them.</exception>
    public OciCredentials? For(OciReference reference)
    {
        var host = reference.Registry is "docker.io" ? DockerHub : reference.Registry;
        for (var path = $"{reference.Registry}/{reference.Repository}"; path.Length > 0; path = path[..Math.Max(path.LastIndexOf('/'), 0)])
            if (_credentials.TryGetValue(path, out var credentials))
                return credentials;
        if (_credentials.TryGetValue(host, out var ofHost))
            return ofHost;
        return _hasStore || _helped.Contains(reference.Registry) || _helped.Contains(host)
            ? throw new SupplyChainException(SupplyChainReason.Unsupported,
                $"'{_name}' leaves the credentials of {reference.Registry} to another program, which is not run here: put them into \"auths\"")
            : null;
    }

    private static OciCredentials? Read(DockerAuthJson? entry, string registry, string name)
    {
        if (entry is null)
            throw Malformed(name, $"the entry of '{registry}' is null");
        var (user, password) = (entry.Username ?? "", entry.Password ?? "");
        if (!string.IsNullOrEmpty(entry.Auth))
        {
            var bytes = new byte[entry.Auth.Length];
            if (!Convert.TryFromBase64String(entry.Auth, bytes, out var length) || bytes.AsSpan(0, length).IndexOf((byte)':') is not (>= 0 and var colon))
                throw Malformed(name, $"the auth of '{registry}' is not the base64 of user:password");
            user = Encoding.UTF8.GetString(bytes, 0, colon);
            // Some versions of the docker client filled it up with zeros.
            password = Encoding.UTF8.GetString(bytes, colon + 1, length - colon - 1).TrimEnd('\0');
        }
        var (identity, bearer) = (NullIfEmpty(entry.IdentityToken), NullIfEmpty(entry.RegistryToken));
        // What "docker login" leaves behind where a program keeps the credentials.
        return user.Length == 0 && identity is null && bearer is null ? null
            : new OciCredentials { Username = user, Password = password, IdentityToken = identity, RegistryToken = bearer };
    }

    // Old versions of the docker client wrote addresses.
    private static string Key(string registry)
    {
        var start = registry.IndexOf("://", StringComparison.Ordinal);
        var key = (start < 0 ? registry : registry[(start + 3)..]).TrimEnd('/');
        return key == DockerHub ? key : key.EndsWith("/v1", StringComparison.Ordinal) || key.EndsWith("/v2", StringComparison.Ordinal) ? key[..^3] : key;
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static SupplyChainException Malformed(string name, string what) => new(SupplyChainReason.Malformed, $"'{name}' is not a docker config: {what}");
}

internal sealed record DockerConfigJson(
    IReadOnlyDictionary<string, DockerAuthJson>? Auths = null, IReadOnlyDictionary<string, string>? CredHelpers = null, string? CredsStore = null);

internal sealed record DockerAuthJson(
    string? Auth = null, string? Username = null, string? Password = null,
    [property: JsonPropertyName("identitytoken")] string? IdentityToken = null, [property: JsonPropertyName("registrytoken")] string? RegistryToken = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, MaxDepth = 32)]
[JsonSerializable(typeof(DockerConfigJson))]
internal sealed partial class DockerConfigContext : JsonSerializerContext;
