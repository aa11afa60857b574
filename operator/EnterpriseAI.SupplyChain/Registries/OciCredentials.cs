namespace EnterpriseAI.SupplyChain;

/// <summary>Who one is to a registry: a name with a password, or a token of the registry's own.</summary>
public sealed record OciCredentials
{
    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    /// <summary>A refresh token, which the registry's token service exchanges for access; null for a password.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>A bearer token that the registry takes as it is; null for a password.</summary>
    public string? RegistryToken { get; init; }

    /// <summary>Names who it is, never with what.</summary>
    public override string ToString() => Username.Length > 0 ? Username : "a token";
}
