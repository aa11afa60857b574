namespace EnterpriseAI.SupplyChain;

/// <summary>What a verified bundle says.</summary>
/// <param name="SignerIdentity">Whom the certificate names; null for a managed key.</param>
/// <param name="VerifiedTimestamps">When the signature existed, by everyone who vouches for a time.</param>
/// <param name="LogEntries">Where the signature is recorded.</param>
/// <param name="Statement">The statement that was signed; null when the artifact itself was.</param>
public sealed record VerificationResult(
    SignerIdentity? SignerIdentity, IReadOnlyList<VerifiedTimestamp> VerifiedTimestamps,
    IReadOnlyList<VerifiedLogEntry> LogEntries, InTotoStatement? Statement);

/// <summary>Whom a verified certificate names.</summary>
/// <param name="SubjectAlternativeName">The identity that met the policy.</param>
/// <param name="Issuer">Who vouched for it.</param>
public sealed record SignerIdentity(string SubjectAlternativeName, string Issuer);

/// <summary>A time at which the signature existed.</summary>
/// <param name="Time">The time.</param>
/// <param name="Source">Who vouches for it: the address of a log or of a timestamp authority.</param>
public sealed record VerifiedTimestamp(DateTimeOffset Time, string Source);

/// <summary>An entry of a transparency log that was verified.</summary>
/// <param name="Log">The log's address.</param>
/// <param name="LogIndex">The entry's index, as the log counts.</param>
public sealed record VerifiedLogEntry(string Log, long LogIndex);
