using System.Security.Cryptography;

namespace EnterpriseAI.SupplyChain;

/// <summary>Verifies Sigstore bundles offline: who signed, when, that logs and authorities saw it, and what was signed.</summary>
/// <remarks>
/// Guarantees: fails closed. Every part of a bundle that a trusted log or authority signed must hold; evidence of others, whom the
/// trusted root does not name, counts as absent. A result is given only when everything that the policy asks for was verified.
/// Safe for use by several threads at once.
/// </remarks>
public sealed class SigstoreVerifier
{
    // Ed25519 signs a message, not its hash, so the artifact must be in memory.
    private const int MaxMessageBytes = 256 << 20;

    private readonly TrustedRoot _root;
    private readonly TimeProvider _time;
    private readonly CheckSet _checks;

    /// <param name="root">The logs and authorities that are trusted.</param>
    /// <param name="time">The clock; the system's if left out. Used only for what nobody vouches for a time of.</param>
    public SigstoreVerifier(TrustedRoot root, TimeProvider? time = null) : this(root, CheckSet.All, time)
    {
    }

    internal SigstoreVerifier(TrustedRoot root, CheckSet checks, TimeProvider? time = null)
    {
        _root = root;
        _checks = checks;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Verifies a bundle for an artifact in memory.</summary>
    /// <exception cref="SupplyChainException">The artifact is not what the bundle signs, or the bundle does not meet the policy.</exception>
    public VerificationResult Verify(ReadOnlyMemory<byte> artifact, SigstoreBundle bundle, VerificationPolicy policy)
    {
        policy.Validate();
        return Verify(bundle, policy, ArtifactDigests.Of(artifact, RequiredHashes(bundle, policy)));
    }

    /// <summary>Verifies a bundle for an artifact that is known by its digest.</summary>
    /// <exception cref="SupplyChainException">The artifact is not what the bundle signs, or the bundle does not meet the policy.</exception>
    public VerificationResult VerifyDigest(ReadOnlyMemory<byte> digest, HashAlgorithmType algorithm, SigstoreBundle bundle, VerificationPolicy policy)
    {
        policy.Validate();
        return Verify(bundle, policy, ArtifactDigests.Of(SigstoreHash.Of(algorithm), digest.Span));
    }

    /// <summary>Verifies a bundle for an artifact that is read once, from where the stream stands to its end.</summary>
    /// <exception cref="SupplyChainException">The artifact is not what the bundle signs, or the bundle does not meet the policy.</exception>
    public async Task<VerificationResult> VerifyStreamAsync(Stream artifact, SigstoreBundle bundle, VerificationPolicy policy, CancellationToken cancellationToken = default)
    {
        policy.Validate();
        var hashes = RequiredHashes(bundle, policy);
        var digests = NeedsMessage(bundle, policy)
            ? ArtifactDigests.Of(await ReadWholeAsync(artifact, cancellationToken).ConfigureAwait(false), hashes)
            : await ArtifactDigests.ReadAsync(artifact, hashes, cancellationToken).ConfigureAwait(false);
        return Verify(bundle, policy, digests);
    }

    /// <summary>Verifies a bundle file for an artifact file.</summary>
    /// <exception cref="SupplyChainException">A file cannot be read, the artifact is not what the bundle signs, or the bundle does not meet the policy.</exception>
    public async Task<VerificationResult> VerifyFileAsync(FileInfo artifact, FileInfo bundle, VerificationPolicy policy, CancellationToken cancellationToken = default) =>
        await VerifyFileAsync(artifact, await SigstoreBundle.LoadAsync(bundle, cancellationToken).ConfigureAwait(false), policy, cancellationToken).ConfigureAwait(false);

    /// <summary>Verifies a bundle for an artifact file.</summary>
    /// <exception cref="SupplyChainException">The file cannot be read, is not what the bundle signs, or the bundle does not meet the policy.</exception>
    public async Task<VerificationResult> VerifyFileAsync(FileInfo artifact, SigstoreBundle bundle, VerificationPolicy policy, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var stream = ArtifactReader.Open(artifact.FullName);
            return await VerifyStreamAsync(stream, bundle, policy, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{artifact.FullName}' does not exist: give the artifact, or its digest as sha256: and 64 hexadecimal digits", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactUnreadable, $"'{artifact.FullName}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Verifies who signed an envelope; what its statement says about which artifacts is for the caller to check.</summary>
    internal VerificationResult VerifyEnvelope(SigstoreBundle bundle, VerificationPolicy policy)
    {
        policy.Validate();
        return Verify(bundle, policy, null);
    }

    private VerificationResult Verify(SigstoreBundle bundle, VerificationPolicy policy, ArtifactDigests? artifact)
    {
        BundleForm.Check(bundle, policy.CertificateIdentity is not null, _checks);
        var signer = SigningMaterial.Of(bundle, policy);
        var content = Content(bundle, artifact);
        var paths = new CertificatePaths(_checks, _root.Signatures);

        var timestamps = new TimestampVerifier(_root, paths, _checks).Verify(bundle.VerificationMaterial.Rfc3161Timestamps, content.Signature);
        IReadOnlyList<DateTimeOffset> signedTimes = [.. timestamps.Select(static timestamp => timestamp.Time)];
        var entries = new TransparencyLogVerifier(_root, _checks).Verify(bundle, content, signer.Encoded, signedTimes, _time.GetUtcNow());
        CheckThresholds(policy, timestamps, entries);
        IReadOnlyList<VerifiedTimestamp> times =
        [
            .. timestamps.Select(static timestamp => new VerifiedTimestamp(timestamp.Time, timestamp.Authority.Name)),
            .. entries.Where(static entry => entry.IntegratedTime is not null).Select(static entry => new VerifiedTimestamp(entry.IntegratedTime!.Value, entry.Log.BaseUrl)),
        ];

        var identity = signer.Certificate is { } certificate
            ? new FulcioVerifier(_root, paths, _checks).Verify(certificate, signer.Intermediates, policy, [.. times.Select(static time => time.Time)])
            : null;
        var statement = SignatureVerifier.Verify(bundle, content, signer.Key, _checks);
        return new VerificationResult(identity, times, [.. entries.Select(static entry => new VerifiedLogEntry(entry.Log.BaseUrl, entry.LogIndex))], statement);
    }

    private SignedContent Content(SigstoreBundle bundle, ArtifactDigests? artifact)
    {
        if (bundle.MessageSignature is { } message)
        {
            return artifact is null
                ? throw new VerificationException(VerificationStep.EnvelopePayloadType, "the bundle signs an artifact itself, not a statement about artifacts")
                : new SignedContent(message.Signature, null, artifact);
        }
        var envelope = bundle.DsseEnvelope!;
        if (envelope.Signatures.Count != 1)
            _checks.Refuse(VerificationStep.EnvelopeSignatureCount, $"an envelope must have exactly one signature, not {envelope.Signatures.Count}");
        return new SignedContent(envelope.Signatures.Count > 0 ? envelope.Signatures[0].Sig : default, envelope, artifact);
    }

    private void CheckThresholds(VerificationPolicy policy, IReadOnlyList<TimestampVerifier.Timestamp> timestamps, IReadOnlyList<TransparencyLogVerifier.Entry> entries)
    {
        // Who vouches twice vouches once.
        var authorities = timestamps.Select(static timestamp => timestamp.Authority).Distinct().Count();
        if (policy.RequireSignedTimestamps && authorities < policy.SignedTimestampThreshold)
            _checks.Refuse(VerificationStep.TimestampThreshold,
                $"timestamps of {policy.SignedTimestampThreshold} trusted authorities are required, and there are those of {authorities}: timestamp the signature, or give the trusted root that names the authorities");
        var logs = entries.Select(static entry => Convert.ToBase64String(entry.Log.LogId.Span)).Distinct().Count();
        if (policy.RequireTransparencyLog && logs < policy.TransparencyLogThreshold)
            _checks.Refuse(VerificationStep.LogThreshold,
                $"entries in {policy.TransparencyLogThreshold} trusted transparency logs are required, and there are those of {logs}: log the signature, or give the trusted root that names the logs");
    }

    private static HashSet<HashAlgorithmName> RequiredHashes(SigstoreBundle bundle, VerificationPolicy policy)
    {
        HashSet<HashAlgorithmName> hashes = [HashAlgorithmName.SHA256];
        if (bundle.MessageSignature is { } message)
        {
            var key = SigningMaterial.Of(bundle, policy).Key;
            if (!key.NeedsMessage)
                hashes.Add(key.Scheme.Hash);
            if (SigstoreHash.Of(message.Algorithm) is { } hinted)
                hashes.Add(hinted);
        }
        else if (bundle.DsseEnvelope?.PayloadType is DsseEnvelope.InTotoPayloadType)
        {
            var names = bundle.DsseEnvelope.GetStatement().Subject.SelectMany(static subject => subject.Digest.Keys).ToHashSet(StringComparer.Ordinal);
            foreach (var hash in new[] { HashAlgorithmName.SHA384, HashAlgorithmName.SHA512 })
                if (names.Contains(SigstoreHash.InTotoName(hash)))
                    hashes.Add(hash);
        }
        return hashes;
    }

    private static bool NeedsMessage(SigstoreBundle bundle, VerificationPolicy policy) =>
        bundle.MessageSignature is not null && SigningMaterial.Of(bundle, policy).Key.NeedsMessage;

    private static async Task<ReadOnlyMemory<byte>> ReadWholeAsync(Stream stream, CancellationToken cancellationToken)
    {
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int count; (count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0;)
        {
            if (memory.Length + count > MaxMessageBytes)
                throw new SupplyChainException(SupplyChainReason.ArtifactTooLarge,
                    $"an Ed25519 key signs a whole artifact rather than its hash, so one of more than {MaxMessageBytes} bytes cannot be verified: sign it with an ECDSA key");
            memory.Write(buffer, 0, count);
        }
        return memory.GetBuffer().AsMemory(0, (int)memory.Length);
    }
}
