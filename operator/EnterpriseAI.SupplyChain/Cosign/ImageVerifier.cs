using System.Runtime.CompilerServices;

namespace EnterpriseAI.SupplyChain;

/// <summary>Verifies the signatures that registries keep beside images and other artifacts, as cosign writes them.</summary>
/// <remarks>
/// Looks under the signature tag and among what refers to the image. One signature that meets the policy is enough, and others do no harm:
/// anybody who may push can add some. Nothing that the registry says about a signature is believed, only what the signature is over.
/// </remarks>
public sealed class ImageVerifier
{
    private const int RefusalsInMessage = 3;

    private readonly OciRegistry _registry;
    private readonly SigstoreVerifier _verifier;
    private readonly ImageEvidence _evidence;

    /// <param name="registry">Where the image is.</param>
    /// <param name="verifier">Verifies its signatures.</param>
    public ImageVerifier(OciRegistry registry, SigstoreVerifier verifier) =>
        (_registry, _verifier, _evidence) = (registry, verifier, new ImageEvidence(registry));

    /// <summary>Finds what the reference names and verifies that it is signed.</summary>
    /// <returns>The image by its digest: use this and no tag, which may be moved.</returns>
    /// <exception cref="SupplyChainException">It is not signed, or by nobody whom the policy expects. Or the registry fails.</exception>
    public async Task<VerifiedImage> VerifyAsync(OciReference image, VerificationPolicy policy, CancellationToken cancellationToken = default)
    {
        policy.Validate();
        var resolved = await _registry.GetManifestAsync(image, cancellationToken).ConfigureAwait(false);
        var (signatures, refusals) = (new List<ImageSignature>(), new List<SupplyChainException>());
        await foreach (var candidate in CandidatesAsync(resolved, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                signatures.Add(new ImageSignature(candidate.Source, candidate.Verify(policy)));
            }
            catch (SupplyChainException e)
            {
                refusals.Add(e);
            }
        }
        return signatures.Count > 0 ? new VerifiedImage(resolved.Reference with { Tag = null }, signatures) : throw Refused(resolved.Reference, refusals);
    }

    /// <summary>Finds the statements about an image that are signed as the policy asks. What they say is for the caller to check.</summary>
    /// <returns>The image by its digest, and the statements; none when nothing is attested by whom the policy expects.</returns>
    /// <exception cref="SupplyChainException">The image is not there, or the registry fails.</exception>
    public async Task<(OciReference Image, IReadOnlyList<VerifiedStatement> Statements)> FindStatementsAsync(OciReference image, VerificationPolicy policy, CancellationToken cancellationToken = default)
    {
        policy.Validate();
        var resolved = await _registry.GetManifestAsync(image, cancellationToken).ConfigureAwait(false);
        var statements = new List<VerifiedStatement>();
        await foreach (var (source, json) in _evidence.BundlesAsync(resolved, cancellationToken).ConfigureAwait(false))
        {
            try
            {
                var bundle = SigstoreBundle.Deserialize(json(), source);
                if (_verifier.Verify(resolved.Bytes, bundle, policy) is { Statement: { } statement } result)
                    statements.Add(new VerifiedStatement(source, statement.PredicateType, bundle.DsseEnvelope!.Payload, result));
            }
            catch (SupplyChainException)
            {
                // Of somebody else: anybody may attest something.
            }
        }
        return (resolved.Reference with { Tag = null }, statements);
    }

    private async IAsyncEnumerable<Candidate> CandidatesAsync(OciResolved image, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var digest = image.Descriptor.Digest;
        await foreach (var (source, layer, payload) in _evidence.PayloadsAsync(image, cancellationToken).ConfigureAwait(false))
            yield return new Candidate(source, policy => ImagePayload.Verify(_verifier, CheckSet.All, payload(), ImageEvidence.BundleOf(layer), policy, digest));
        await foreach (var (source, bundle) in _evidence.BundlesAsync(image, cancellationToken).ConfigureAwait(false))
            yield return new Candidate(source, policy => ImageStatement.Verify(_verifier, CheckSet.All, image.Bytes, SigstoreBundle.Deserialize(bundle(), source), policy));
    }

    private static SupplyChainException Refused(OciReference image, List<SupplyChainException> refusals)
    {
        if (refusals.Count == 0)
            return new SupplyChainException(SupplyChainReason.SignatureMissing, $"'{image}' is not signed: there is nothing under its signature tag, and no bundle refers to it");
        var why = string.Join("; ", refusals.Take(RefusalsInMessage).Select(static refusal => refusal.Message));
        var more = refusals.Count > RefusalsInMessage ? $"; and {refusals.Count - RefusalsInMessage} more" : "";
        return new SupplyChainException(refusals[0].Reason, $"'{image}' has {refusals.Count} signature{(refusals.Count == 1 ? "" : "s")} and none that is accepted: {why}{more}", refusals[0]);
    }

    private sealed record Candidate(string Source, Func<VerificationPolicy, VerificationResult> Verify);
}

/// <summary>An image whose signature was verified.</summary>
/// <param name="Reference">The image by its digest.</param>
/// <param name="Signatures">Every signature that met the policy; at least one.</param>
public sealed record VerifiedImage(OciReference Reference, IReadOnlyList<ImageSignature> Signatures);

/// <summary>A verified signature of an image.</summary>
/// <param name="Source">The tag or the digest that it was found under.</param>
/// <param name="Result">What it says.</param>
public sealed record ImageSignature(string Source, VerificationResult Result);

/// <summary>A statement whose signature was verified.</summary>
/// <param name="Source">Where it was found.</param>
/// <param name="PredicateType">What kind of thing it says.</param>
/// <param name="Payload">What was signed.</param>
/// <param name="Result">Who signed it, and when.</param>
public sealed record VerifiedStatement(string Source, string PredicateType, ReadOnlyMemory<byte> Payload, VerificationResult Result);
