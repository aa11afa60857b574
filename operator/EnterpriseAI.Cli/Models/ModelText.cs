using System.Globalization;
using EnterpriseAI.Api;
using EnterpriseAI.Kubernetes;
using Spectre.Console;

namespace EnterpriseAI.Cli.Models;

/// <summary>Parts of a model version as short texts, the same in every command.</summary>
internal static class ModelText
{
    private const int DigestDigits = 12;
    private const int KeyDigits = 12;
    private const string DigestPrefix = "sha256:";

    public static string Reference(ModelVersion version) => $"modelversion.{ApiResources.Group}/{version.Name}";

    public static V1Condition? Condition(ModelVersion version, string type) => version.Status?.Conditions.FirstOrDefault(c => c.Type == type);

    /// <summary>The beginning of a digest, which is enough to tell two apart by eye.</summary>
    public static string ShortDigest(string? digest) =>
        digest is { Length: > 0 } ? digest.StartsWith(DigestPrefix, StringComparison.Ordinal) && digest.Length > DigestPrefix.Length + DigestDigits ? digest[..(DigestPrefix.Length + DigestDigits)] : digest : "-";

    public static string Phase(ModelVersion version) => version.Status?.Phase?.ToString() ?? nameof(ModelVersionPhase.Pending);

    public static string Signed(ModelVersion version) => Condition(version, "SignatureVerified") switch
    {
        { Status: "True" } => "yes",
        { Status: "False" } => "refused",
        _ when version.Spec.Signature is null => "no",
        _ => "pending",
    };

    public static string Signer(ModelSigner? signer) => signer switch
    {
        { Identity: { } identity } => signer.Issuer is { } issuer ? $"{identity} ({issuer})" : identity,
        { KeyId: { Length: > 0 } key } => $"key {(key.Length > KeyDigits ? key[..KeyDigits] : key)}",
        _ => "-",
    };

    /// <summary>Whose signature the spec asks for.</summary>
    public static string Expected(SignatureRequirement? signature) => signature switch
    {
        { PublicKey.SecretKeyRef: { } key } => $"public key {key.Key} of Secret {key.Name}",
        { Keyless: { } keyless } => $"{keyless.Identity} ({keyless.Issuer})",
        _ => "no signature is asked for",
    };

    /// <summary>Sizes of the dimensions; a question mark where one varies.</summary>
    public static string Shape(ModelTensor tensor) => $"[{string.Join(',', tensor.Shape.Select(static size => size < 0 ? "?" : size.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>A measured figure with as many digits as tell something.</summary>
    public static string Figure(double figure) =>
        figure.ToString(figure == 0 || Math.Abs(figure) is >= 0.001 and < 1e6 ? "0.####" : "G4", CultureInfo.InvariantCulture);

    public static Style OfPhase(ModelVersion version) => version.Status?.Phase switch
    {
        ModelVersionPhase.Ready => new Style(Color.Green),
        ModelVersionPhase.Failed or ModelVersionPhase.Revoked or ModelVersionPhase.Rejected => new Style(Color.Red),
        ModelVersionPhase.Archived => new Style(Color.Grey),
        _ => new Style(Color.Yellow),
    };
}
