using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace EnterpriseAI.SupplyChain;

/// <summary>Answers the challenges of registries: with a password, or with a token that their token service gives for it.</summary>
internal sealed class RegistryAuthorization(RegistryTransport transport, OciRegistryOptions options)
{
    private const int MaxAnswerBytes = 1 << 20;
    private const int MaxKnown = 1024;

    // What a token service means that does not say; also kept from what it says, so that no token ends on the way.
    private static readonly TimeSpan DefaultLife = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, (AuthenticationHeaderValue Value, DateTimeOffset Until)> _known = new(StringComparer.Ordinal);

    /// <summary>What the registry took for the repository before; null to let it ask first.</summary>
    public AuthenticationHeaderValue? Known(RegistryRequest request) =>
        _known.TryGetValue(Key(request), out var known) && known.Until > options.Time.GetUtcNow() ? known.Value : null;

    public void Forget(RegistryRequest request) => _known.TryRemove(Key(request), out _);

    /// <summary>Meets a challenge.</summary>
    /// <exception cref="SupplyChainException">It cannot be met: there are no credentials, or the token service refuses them.</exception>
    public async Task<AuthenticationHeaderValue> AnswerAsync(RegistryRequest request, IEnumerable<AuthenticationHeaderValue> challenges, CancellationToken cancellationToken)
    {
        Forget(request);
        var credentials = options.Credentials(request.Repository);
        foreach (var challenge in challenges)
        {
            if (challenge.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
            {
                var (token, life) = credentials?.RegistryToken is { } own ? (own, DefaultLife)
                    : await TokenAsync(request, Parameters(challenge.Parameter ?? ""), credentials, cancellationToken).ConfigureAwait(false);
                return Remember(request, new AuthenticationHeaderValue("Bearer", token), life);
            }
            if (challenge.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase) && credentials is { Username.Length: > 0 })
                return Remember(request, Basic(credentials), TimeSpan.FromHours(1));
        }
        throw new SupplyChainException(SupplyChainReason.RegistryDenied, credentials is null
            ? $"{request.Repository.Registry} asks for credentials, and there are none for {request.Repository.Repository}: log in with 'docker login', or give the registry's"
            : $"{request.Repository.Registry} asks for other credentials than those of {credentials}: it takes neither a password nor a bearer token");
    }

    private AuthenticationHeaderValue Remember(RegistryRequest request, AuthenticationHeaderValue value, TimeSpan life)
    {
        if (_known.Count >= MaxKnown)
            _known.Clear();
        _known[Key(request)] = (value, options.Time.GetUtcNow() + life - Margin);
        return value;
    }

    private async Task<(string Token, TimeSpan Life)> TokenAsync(RegistryRequest request, Dictionary<string, string> challenge, OciCredentials? credentials, CancellationToken cancellationToken)
    {
        var registry = request.Repository.Registry;
        if (!Uri.TryCreate(challenge.GetValueOrDefault("realm"), UriKind.Absolute, out var realm) || realm.UserInfo.Length > 0)
            throw RegistryTransport.Unavailable($"{registry} asks for a token and does not say from where");
        RegistryTransport.CheckScheme(realm, request);
        var scope = challenge.GetValueOrDefault("scope") is { Length: > 0 } asked ? asked : $"repository:{request.Repository.Repository}:{(request.Writes ? "pull,push" : "pull")}";
        var (tokenRequest, authorization) = Exchange(request, realm, challenge.GetValueOrDefault("service"), scope, credentials);

        using var response = await transport.SendAsync(tokenRequest, authorization, cancellationToken).ConfigureAwait(false);
        if (!response.IsSuccessStatusCode)
            throw new SupplyChainException(SupplyChainReason.RegistryDenied,
                $"{realm.Host} gives {(credentials is null ? "nobody" : credentials.ToString())} no token for {request.Repository.Repository} on {registry}: it answers {(int)response.StatusCode} {response.ReasonPhrase}");
        var bytes = await transport.ReadAsync(response, MaxAnswerBytes, $"the token of {realm.Host}", cancellationToken).ConfigureAwait(false);
        try
        {
            var answer = JsonSerializer.Deserialize(bytes, TokenJsonContext.Default.TokenJson);
            var token = string.IsNullOrEmpty(answer?.Token) ? answer?.AccessToken : answer.Token;
            // Anything else could end the header and begin another.
            if (string.IsNullOrEmpty(token) || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
                throw RegistryTransport.Unavailable($"{realm.Host} answers without a usable token");
            return (token, answer!.ExpiresIn is > 0 and < 1_000_000 and var seconds ? TimeSpan.FromSeconds(seconds) : DefaultLife);
        }
        catch (JsonException e)
        {
            throw RegistryTransport.Unavailable($"{realm.Host} answers with something else than a token", e);
        }
    }

    private static (RegistryRequest Request, AuthenticationHeaderValue? Authorization) Exchange(RegistryRequest request, Uri realm, string? service, string scope, OciCredentials? credentials)
    {
        if (credentials?.IdentityToken is { } refresh)
        {
            var form = new Dictionary<string, string>
            {
                ["grant_type"] = "refresh_token",
                ["refresh_token"] = refresh,
                ["client_id"] = "enterpriseai",
                ["service"] = service ?? "",
                ["scope"] = scope,
            };
            return (new RegistryRequest(HttpMethod.Post, realm, request.Repository) { Body = () => new FormUrlEncodedContent(form) }, null);
        }
        var query = string.Concat(scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static one => $"&scope={Uri.EscapeDataString(one)}"));
        var address = new UriBuilder(realm) { Query = $"{realm.Query.TrimStart('?')}&service={Uri.EscapeDataString(service ?? "")}{query}".TrimStart('&') };
        return (new RegistryRequest(HttpMethod.Get, address.Uri, request.Repository), credentials is { Username.Length: > 0 } ? Basic(credentials) : null);
    }

    private static AuthenticationHeaderValue Basic(OciCredentials credentials) =>
        new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.Username}:{credentials.Password}")));

    // A token for pushing is not shown where one for pulling will do.
    private static string Key(RegistryRequest request) =>
        $"{request.Uri.GetLeftPart(UriPartial.Authority)} {request.Repository.Repository} {(request.Writes ? "push" : "pull")}";

    /// <summary>The <c>name="value"</c> pairs of a challenge (RFC 9110, section 11.6.1).</summary>
    internal static Dictionary<string, string> Parameters(string text)
    {
        var parameters = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var rest = text.AsSpan().TrimStart(" ,\t"); rest.IndexOf('=') is > 0 and var equals;)
        {
            var name = rest[..equals].Trim().ToString();
            rest = rest[(equals + 1)..].TrimStart();
            var value = new StringBuilder();
            if (rest.StartsWith('"'))
            {
                var i = 1;
                for (; i < rest.Length && rest[i] != '"'; i++)
                    value.Append(rest[i] == '\\' && i + 1 < rest.Length ? rest[++i] : rest[i]);
                rest = rest[Math.Min(i + 1, rest.Length)..];
            }
            else
            {
                var end = rest.IndexOf(',') is >= 0 and var comma ? comma : rest.Length;
                value.Append(rest[..end].Trim());
                rest = rest[end..];
            }
            parameters.TryAdd(name, value.ToString());
            rest = rest.TrimStart(" ,\t");
        }
        return parameters;
    }
}

internal sealed record TokenJson(
    string? Token = null, [property: JsonPropertyName("access_token")] string? AccessToken = null, [property: JsonPropertyName("expires_in")] long? ExpiresIn = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 8)]
[JsonSerializable(typeof(TokenJson))]
internal sealed partial class TokenJsonContext : JsonSerializerContext;
