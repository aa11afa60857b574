using System.Net.Http.Headers;
using System.Text;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>What opens a source: the files of a mounted secret.</summary>
/// <remarks>No record, and without a text of its own: nothing that prints an object may print these.</remarks>
internal sealed class SourceCredentials
{
    private const int MaxBytes = 64 << 10;
    private const string Token = "token";
    private const string User = "username";
    private const string Password = "password";
    private const string PullSecret = ".dockerconfigjson";
    private const string AccessKey = "accessKey";
    private const string SecretKey = "secretKey";
    private const string SessionToken = "sessionToken";

    /// <summary>For HTTP: a bearer token, or a user with a password.</summary>
    public AuthenticationHeaderValue? Http { get; private init; }

    /// <summary>For S3.</summary>
    public (string AccessKey, string SecretKey, string? SessionToken)? S3 { get; private init; }

    /// <summary>For registries, by repository.</summary>
    public Func<OciReference, OciCredentials?>? Registry { get; private init; }

    /// <exception cref="AgentFailure">The folder lacks what it must hold.</exception>
    public static async Task<SourceCredentials> LoadAsync(string folder, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, string>();
        foreach (var name in (string[])[Token, User, Password, AccessKey, SecretKey, SessionToken])
        {
            if (await ReadAsync(folder, name, cancellationToken) is { } value)
            {
                found[name] = value;
            }
        }

        RequireBoth(folder, found, User, Password);
        RequireBoth(folder, found, AccessKey, SecretKey);
        if (found.Count == 0 && !File.Exists(Path.Combine(folder, PullSecret)))
        {
            throw AgentFailure.BadInput(
                "InvalidCredentials", $"--credentials: {folder} holds none of the files {Token}, {User} with {Password}, {AccessKey} with {SecretKey}, {PullSecret}");
        }

        if (found.ContainsKey(Token) && found.ContainsKey(User))
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {folder} holds {Token} as well as {User}; leave one");
        }

        return new SourceCredentials
        {
            Http = found.TryGetValue(Token, out var token) ? new AuthenticationHeaderValue("Bearer", token)
                : found.TryGetValue(User, out var user) ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{found[Password]}")))
                : null,
            S3 = found.TryGetValue(AccessKey, out var accessKey) ? (accessKey, found[SecretKey], found.GetValueOrDefault(SessionToken)) : null,
            Registry = found.TryGetValue(User, out var account) ? _ => new OciCredentials { Username = account, Password = found[Password] }
                : token is not null ? _ => new OciCredentials { RegistryToken = token }
                : File.Exists(Path.Combine(folder, PullSecret)) ? (await DockerConfig.LoadAsync(Path.Combine(folder, PullSecret), cancellationToken)).For
                : null,
        };
    }

    private static async Task<string?> ReadAsync(string folder, string name, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, name);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (new FileInfo(path).Length > MaxBytes)
            {
                throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {path} is larger than {MaxBytes} bytes");
            }

            // Editors and shells end a file with a line break that is not meant.
            var value = (await File.ReadAllTextAsync(path, cancellationToken)).TrimEnd('\r', '\n');
            return value.Length > 0 && !value.Any(char.IsControl)
                ? value
                : throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {path} is empty or holds control characters");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {path} cannot be read: {exception.Message}", exception);
        }
    }

    private static void RequireBoth(string folder, Dictionary<string, string> found, string one, string other)
    {
        if (found.ContainsKey(one) != found.ContainsKey(other))
        {
            throw AgentFailure.BadInput("InvalidCredentials", $"--credentials: {folder} holds only one of {one} and {other}");
        }
    }
}
