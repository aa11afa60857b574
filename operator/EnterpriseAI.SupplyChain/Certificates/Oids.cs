namespace EnterpriseAI.SupplyChain;

/// <summary>Object identifiers of extensions and purposes.</summary>
internal static class Oids
{
    public const string SubjectKeyIdentifier = "2.5.29.14";
    public const string KeyUsage = "2.5.29.15";
    public const string SubjectAlternativeName = "2.5.29.17";
    public const string BasicConstraints = "2.5.29.19";
    public const string ExtendedKeyUsage = "2.5.29.37";

    public const string CodeSigning = "1.3.6.1.5.5.7.3.3";
    public const string TimeStamping = "1.3.6.1.5.5.7.3.8";
    public const string AnyExtendedKeyUsage = "2.5.29.37.0";

    /// <summary>The list of signed certificate timestamps (RFC 6962, section 3.3).</summary>
    public const string SignedCertificateTimestamps = "1.3.6.1.4.1.11129.2.4.2";

    /// <summary>Fulcio's extension with the issuer of the identity, as bare text.</summary>
    public const string FulcioIssuerV1 = "1.3.6.1.4.1.57264.1.1";

    /// <summary>Fulcio's extension with the issuer of the identity, as a DER string.</summary>
    public const string FulcioIssuerV2 = "1.3.6.1.4.1.57264.1.8";

    /// <summary>Fulcio's name form for identities that are neither e-mail addresses nor URIs.</summary>
    public const string FulcioOtherName = "1.3.6.1.4.1.57264.1.7";
}
