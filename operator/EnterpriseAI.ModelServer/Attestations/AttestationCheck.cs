using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Attestations;

/// <summary>Verifies what others have attested of an artifact: first who signed it, then what it says.</summary>
/// <remarks>Guarantees: fails closed; what cannot be read or verified is an outcome with the step that failed, one for each requirement.</remarks>
internal static class AttestationCheck
{
    public const string BundleMissing = "BundleMissing";
    public const string VexMissing = "VexMissing";

    public static async Task<IReadOnlyList<InspectedAttestation>> VerifyAsync(
        IReadOnlyList<AttestationRequirement> requirements, AttestedArtifact artifact, TimeProvider time, CancellationToken cancellationToken)
    {
        var outcomes = new List<InspectedAttestation>();
        foreach (var requirement in requirements)
            outcomes.Add(await VerifyAsync(requirement, artifact, time, cancellationToken).ConfigureAwait(false));
        return outcomes;
    }

    private static async Task<InspectedAttestation> VerifyAsync(AttestationRequirement requirement, AttestedArtifact artifact, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            var key = requirement.PublicKey is { } file ? await VerificationKey.LoadAsync(file, cancellationToken).ConfigureAwait(false) : null;
            var verifier = new SigstoreVerifier(key is null ? await TrustedRoot.LoadAsync(requirement.TrustedRoot!, cancellationToken).ConfigureAwait(false) : TrustedRoot.Empty, time);
            var policy = new VerificationPolicy
            {
                PublicKey = key,
                CertificateIdentity = key is null ? new CertificateIdentity { SubjectAlternativeName = requirement.Identity, Issuer = requirement.Issuer } : null,
                // As for the artifact itself: who is trusted to keep a key needs no log to vouch for its use.
                RequireTransparencyLog = key is null,
            };
            if (await ReadAsync(requirement.Bundle, artifact, verifier, policy, cancellationToken).ConfigureAwait(false) is not var (statement, result))
                return Refused(requirement, BundleMissing, $"there is no '{requirement.Bundle}': make the ConfigMap and key that spec.attestations names");
            var vex = new List<ReadOnlyMemory<byte>>();
            foreach (var path in requirement.Vex)
            {
                if (await ReadAsync(path, artifact, verifier, policy, cancellationToken).ConfigureAwait(false) is not var (document, _))
                    return Refused(requirement, VexMissing, $"there is no '{path}': make the ConfigMap and key that spec.attestations names");
                vex.Add(document);
            }

            var finding = requirement.Check(time.GetUtcNow())(statement, vex, artifact);
            return finding.Step is { } step ? Refused(requirement, step.ToString(), finding.Message) : new InspectedAttestation(requirement.Name, true)
            {
                Message = OneLine(finding.Message),
                BuilderId = finding.BuilderId,
                Source = finding.Source,
                KeyId = key?.KeyId,
                LogIndex = result.LogEntries is [var entry, ..] ? entry.LogIndex : null,
            };
        }
        catch (VerificationException e)
        {
            return Refused(requirement, e.Step.ToString(), e.Message);
        }
        catch (SupplyChainException e)
        {
            return Refused(requirement, e.Reason.ToString(), e.Message);
        }
    }

    /// <returns>The statement and who signed it; null when there is no such file.</returns>
    private static async Task<(ReadOnlyMemory<byte> Statement, VerificationResult Result)?> ReadAsync(
        string path, AttestedArtifact artifact, SigstoreVerifier verifier, VerificationPolicy policy, CancellationToken cancellationToken)
    {
        SigstoreBundle bundle;
        try
        {
            bundle = await SigstoreBundle.LoadAsync(new FileInfo(path), cancellationToken).ConfigureAwait(false);
        }
        catch (SupplyChainException e) when (e.Reason is SupplyChainReason.ArtifactNotFound)
        {
            return null;
        }
        var result = verifier.VerifyDigest(Convert.FromHexString(artifact.Digest.Hex), HashAlgorithmType.Sha256, bundle, policy);
        return bundle.DsseEnvelope is { } envelope ? (envelope.Payload, result)
            : throw new SupplyChainException(SupplyChainReason.Malformed, $"'{path}' signs the artifact itself and says nothing about it: give a bundle with a statement");
    }

    private static InspectedAttestation Refused(AttestationRequirement requirement, string step, string message) =>
        new(requirement.Name, false) { Step = step, Message = OneLine(message) };

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");
}
