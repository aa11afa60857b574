namespace EnterpriseAI.Api;

/// <summary>Checks a <see cref="SignatureRequirement"/>.</summary>
internal static class SignatureValidation
{
    public static void Check(FieldChecks checks, string path, SignatureRequirement signature)
    {
        checks.ExactlyOne(path, ("publicKey", signature.PublicKey is not null), ("keyless", signature.Keyless is not null));
        checks.ObjectName($"{path}.publicKey.secretKeyRef.name", signature.PublicKey?.SecretKeyRef.Name);
        if (signature.PublicKey is { } key)
            checks.Required($"{path}.publicKey.secretKeyRef.key", key.SecretKeyRef.Key);
        if (signature.Keyless is { } keyless)
        {
            checks.Required($"{path}.keyless.identity", keyless.Identity);
            checks.Url($"{path}.keyless.issuer", keyless.Issuer, httpsOnly: true);
        }
    }
}
