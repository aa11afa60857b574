namespace EnterpriseAI.Operator.AgentPods;

/// <summary>
/// The reasons of a pod that found the bytes of an artifact, and found that they are not what was named or signed: the names of
/// <c>SupplyChainReason</c> but those that a place or a permission may cure.
/// </summary>
internal static class VerificationFailures
{
    private static readonly HashSet<string> Reasons =
    [
        "DigestMismatch", "SignatureMissing", "SignatureInvalid", "WrongKey", "PublicKeyMissing", "KeyInvalid", "Malformed", "Unsupported",
        "CertificateUntrusted", "IdentityMismatch", "TransparencyLogInvalid", "TimestampInvalid", "TrustedRootInvalid",
    ];

    public static bool Contains(string reason) => Reasons.Contains(reason);
}
