using EnterpriseAI.Api.Schema;

namespace EnterpriseAI.Api;

/// <summary>Who must have signed the artifact. Exactly one field is set.</summary>
[ExactlyOneOf("publicKey", "keyless")]
public sealed record SignatureRequirement
{
    /// <summary>The holder of a key.</summary>
    public PublicKeySource? PublicKey { get; init; }

    /// <summary>An identity certified by Sigstore.</summary>
    public KeylessIdentity? Keyless { get; init; }
}

/// <summary>Where a public key is.</summary>
public sealed record PublicKeySource
{
    /// <summary>Secret and key that hold it, as SPKI PEM of an ECDSA P-256 key.</summary>
    [Required]
    public SecretKeyReference SecretKeyRef { get; init => field = value ?? new(); } = new();
}

/// <summary>An identity certified by Sigstore.</summary>
public sealed record KeylessIdentity
{
    /// <summary>Subject of the certificate: an e-mail address or the URI of a workflow.</summary>
    [Required, MinLength(1), MaxLength(2048)]
    public string Identity { get; init => field = value ?? ""; } = "";

    /// <summary>OpenID Connect issuer that vouched for the identity.</summary>
    [Required, Pattern("^https://[^\\s]+$"), MaxLength(2048)]
    public string Issuer { get; init => field = value ?? ""; } = "";

    /// <summary>Root of trust. Left out: the one that the operator was installed with.</summary>
    public TrustedRootSource? TrustedRoot { get; init; }
}

/// <summary>Where a Sigstore trusted root is.</summary>
public sealed record TrustedRootSource
{
    /// <summary>ConfigMap and key that hold trusted_root.json.</summary>
    [Required]
    public ConfigMapKeyReference ConfigMapKeyRef { get; init => field = value ?? new(); } = new();
}
