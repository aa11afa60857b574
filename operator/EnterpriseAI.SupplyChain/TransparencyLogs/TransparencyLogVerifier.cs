using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.SupplyChain;

/// <summary>Checks that transparency logs recorded a bundle's signature, by what the logs signed.</summary>
internal sealed class TransparencyLogVerifier(TrustedRoot root, CheckSet checks)
{
    /// <summary>An entry whose log is trusted and whose evidence holds.</summary>
    /// <param name="Log">The log.</param>
    /// <param name="LogIndex">The entry's index.</param>
    /// <param name="IntegratedTime">When the log took it, as the log signed it; null if it signed no time.</param>
    public sealed record Entry(TrustedLog Log, long LogIndex, DateTimeOffset? IntegratedTime);

    /// <param name="bundle">The bundle.</param>
    /// <param name="content">What it signs.</param>
    /// <param name="verifier">The DER of the certificate or key that the entries must record.</param>
    /// <param name="times">When the signature existed, by timestamp authorities.</param>
    /// <param name="now">Taken for an entry whose time nobody vouches for.</param>
    /// <exception cref="VerificationException">An entry of a trusted log is not what it should be.</exception>
    public IReadOnlyList<Entry> Verify(SigstoreBundle bundle, SignedContent content, ReadOnlyMemory<byte> verifier, IReadOnlyList<DateTimeOffset> times, DateTimeOffset now)
    {
        var entries = new List<Entry>();
        foreach (var entry in bundle.VerificationMaterial.TlogEntries)
        {
            CheckEvidence(bundle, entry);
            // A log that is not trusted here says nothing; a bundle may be made for several instances.
            var logs = root.TransparencyLogs.Where(log => log.LogId.Span.SequenceEqual(entry.LogId.Span)).ToList();
            if (logs.Count == 0)
                continue;
            var integrated = CheckPromise(entry, logs);
            CheckProof(entry, logs);
            var log = CheckValidity(logs, integrated is { } time ? [time] : times.Count > 0 ? times : [now]);
            CheckBody(entry, content, verifier);
            entries.Add(new Entry(log, entry.LogIndex, integrated));
        }
        return entries;
    }

    private void CheckEvidence(SigstoreBundle bundle, TransparencyLogEntry entry)
    {
        if (bundle.Version is BundleVersion.V01)
        {
            if (entry.SignedEntryTimestamp is null)
                checks.Refuse(VerificationStep.InclusionPromiseRequired, "a log entry of a bundle v0.1 must carry an inclusionPromise");
        }
        else if (entry.InclusionProof?.Checkpoint is null)
        {
            checks.Refuse(VerificationStep.InclusionProofRequired, "a log entry of a bundle v0.2 or later must carry an inclusionProof with a checkpoint");
        }
    }

    private DateTimeOffset? CheckPromise(TransparencyLogEntry entry, List<TrustedLog> logs)
    {
        if (entry.SignedEntryTimestamp is not { } promise)
            return null;
        // What the log signed is this JSON with its keys in order and without spaces (RFC 8785).
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $$"""{"body":"{{Convert.ToBase64String(entry.CanonicalizedBody.Span)}}","integratedTime":{{entry.IntegratedTime}},"logID":"{{Convert.ToHexStringLower(entry.LogId.Span)}}","logIndex":{{entry.LogIndex}}}"""));
        if (!logs.Any(log => log.Key.Verify(signed, promise.Span)))
            checks.Refuse(VerificationStep.SignedEntryTimestamp, $"the promise to record entry {entry.LogIndex} is not signed by the log {logs[0].BaseUrl}");
        return entry.IntegratedTime <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(entry.IntegratedTime)
            : throw new VerificationException(VerificationStep.LogEntryFormat, $"the integratedTime {entry.IntegratedTime} is no time");
    }

    private void CheckProof(TransparencyLogEntry entry, List<TrustedLog> logs)
    {
        if (entry.InclusionProof is not { } proof)
            return;
        var computed = MerkleInclusion.Root(MerkleInclusion.LeafHash(entry.CanonicalizedBody.Span), proof.LogIndex, proof.TreeSize, proof.Hashes);
        if (computed is null || !computed.AsSpan().SequenceEqual(proof.RootHash.Span))
            checks.Refuse(VerificationStep.InclusionProof, $"the inclusion proof of entry {entry.LogIndex} does not lead to its root: the entry is not in that tree");
        if (proof.Checkpoint is not { } note)
            return;

        var checkpoint = Checkpoint.Parse(note);
        var bySigner = checkpoint.Signatures.Where(signature => logs.Any(log => IsBy(log, signature))).ToList();
        if (!bySigner.Any(signature => logs.Any(log => IsBy(log, signature) && log.Key.Verify(checkpoint.Text.Span, signature.Signature.Span))))
            checks.Refuse(VerificationStep.CheckpointSignature, bySigner.Count == 0
                ? $"the checkpoint is not signed by the log {logs[0].BaseUrl}: other signatures on it say nothing here"
                : $"the signature of the log {logs[0].BaseUrl} on the checkpoint is wrong");
        if (!logs.Any(log => IsOf(log, checkpoint.Origin)))
            checks.Refuse(VerificationStep.CheckpointOrigin, $"the checkpoint is of the log '{checkpoint.Origin}', not of {logs[0].BaseUrl}");
        if (checkpoint.Size != proof.TreeSize || !checkpoint.RootHash.Span.SequenceEqual(proof.RootHash.Span))
            checks.Refuse(VerificationStep.CheckpointTree, "the checkpoint is of another tree than the inclusion proof");
    }

    private static bool IsBy(TrustedLog log, NoteSignature signature) =>
        signature.Name == log.Name && log.CheckpointKeyId.Span.StartsWith(signature.KeyHint.Span);

    // Rekor v1 adds the number of the tree: one log has had several.
    private static bool IsOf(TrustedLog log, string origin) => origin == log.Name
        || (origin.StartsWith(log.Name + " - ", StringComparison.Ordinal) && ulong.TryParse(origin.AsSpan(log.Name.Length + 3), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    private TrustedLog CheckValidity(List<TrustedLog> logs, IReadOnlyList<DateTimeOffset> times)
    {
        if (logs.FirstOrDefault(log => times.All(log.Validity.Contains)) is { } valid)
            return valid;
        checks.Refuse(VerificationStep.LogValidity,
            $"the trusted root vouches for the log {logs[0].BaseUrl} {logs[0].Validity}, not at {times.First(time => !logs[0].Validity.Contains(time)):u}, when the signature was recorded");
        return logs[0];
    }

    private void CheckBody(TransparencyLogEntry entry, SignedContent content, ReadOnlyMemory<byte> verifier)
    {
        var body = LogEntryReader.Read(entry.CanonicalizedBody);
        if (entry.Kind != body.Kind || entry.Version != body.Version)
            checks.Refuse(VerificationStep.LogEntryKind, $"the bundle says that the log entry is {entry.Kind} {entry.Version}, but the log recorded {body.Kind} {body.Version}");
        // The older entry for artifacts is never one for an envelope: it would be about the envelope as a file.
        if (content.Envelope is null ? !body.IsForArtifacts : body.IsForArtifacts && !body.IsOfRekorV2)
            checks.Refuse(VerificationStep.LogEntryKind, $"a log entry of kind {body.Kind} {body.Version} cannot be about {(content.Envelope is null ? "a signed artifact" : "an envelope")}");
        if (body.PayloadType is { } type && type != content.Envelope?.PayloadType)
            checks.Refuse(VerificationStep.LogEntryKind, $"the log recorded an envelope of type '{type}', not '{content.Envelope?.PayloadType}'");
        if (body.IsOfRekorV2 && entry.InclusionProof is { } proof && proof.LogIndex != entry.LogIndex)
            checks.Refuse(VerificationStep.LogIndex, $"the entry says that its index is {entry.LogIndex}, its proof {proof.LogIndex}");

        if (body.Signatures.Count != 1 || !body.Signatures[0].Signature.Span.SequenceEqual(content.Signature.Span))
            checks.Refuse(VerificationStep.LogEntrySignature, "the log recorded another signature than this bundle's");
        if (body.Signatures.Any(signature => !signature.Verifier.Span.SequenceEqual(verifier.Span)))
            checks.Refuse(VerificationStep.LogEntryVerifier, "the log recorded another certificate or key than the one that this bundle was signed with");
        var digest = body.HashAlgorithm is not { } hash ? null
            : body.DigestOf is LoggedDigest.OfPayload ? Hash(hash, content.Envelope?.Payload) : content.Digest(hash);
        if (digest is null || !digest.AsSpan().SequenceEqual(body.Digest.Span))
            checks.Refuse(VerificationStep.LogEntryDigest, digest is null
                ? "the log entry's digest is of an algorithm that the artifact's digest is not known for: give the artifact rather than its digest"
                : "the log recorded a signature over something else than this artifact or envelope");
    }

    private static byte[]? Hash(HashAlgorithmName hash, ReadOnlyMemory<byte>? data) =>
        data is { } bytes ? CryptographicOperations.HashData(hash, bytes.Span) : null;
}
