using System.CommandLine;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.Cli.Verification;

/// <summary><c>verify-attestation</c>: what somebody trusted has said about an artifact: how it was built, what it is made of, what a scan found.</summary>
internal static class VerifyAttestationCommand
{
    private const string ImagePrefix = "oci://";

    public static Command Build()
    {
        var bundle = new Option<FileInfo?>("--bundle") { Description = "The bundle with the statement; an image's own are found.", HelpName = "FILE" };
        var signer = new SignerOptions();
        var options = new AttestationOptions();
        var registry = new RegistryOptions();
        var artifact = new Argument<string>("ARTIFACT") { Description = "A file, a model's folder, sha256: and a digest in hexadecimal, or oci:// and an image." };
        var command = new Command("verify-attestation", "Verify a signed statement about an artifact, and what it says.") { bundle, artifact };
        options.AddTo(command);
        signer.AddTo(command);
        registry.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var check = options.Check(parsed);
            var (verifier, policy) = await signer.LoadAsync(parsed, cancellationToken);
            var name = parsed.GetValue(artifact)!;
            var vex = options.Vex(parsed);
            if (!name.StartsWith(ImagePrefix, StringComparison.Ordinal))
            {
                var attested = await ArtifactAsync(name, cancellationToken);
                var file = parsed.GetValue(bundle) ?? throw new ArgumentException("--bundle is missing: only an image's attestations are found beside it");
                var documents = new List<ReadOnlyMemory<byte>>();
                foreach (var document in vex)
                    documents.Add((await ReadAsync(document, attested.Digest, verifier, policy, cancellationToken)).Payload);
                var statement = await ReadAsync(file, attested.Digest, verifier, policy, cancellationToken);
                return Tell(check(statement.Payload, documents, attested), statement.Result, file.FullName);
            }

            using var http = OciRegistry.CreateHttpClient();
            var (image, found) = await new ImageVerifier(new OciRegistry(http, await registry.LoadAsync(parsed, cancellationToken)), verifier)
                .FindStatementsAsync(OciReference.Parse(name), policy, cancellationToken);
            var digest = new AttestedArtifact(ModelDigest.Parse(image.Digest!.ToString()));
            var beside = found.Where(static one => one.PredicateType.StartsWith("https://openvex.dev/ns", StringComparison.Ordinal)).Select(static one => one.Payload).ToList();
            foreach (var document in vex)
                beside.Add((await ReadAsync(document, digest.Digest, verifier, policy, cancellationToken)).Payload);
            // An earlier scan knew less: it must not stand in for the latest.
            if (options.IsScan(parsed))
                found = [.. found.OrderByDescending(static one => VulnerabilityScan.FinishedOn(one.Payload)).Take(1)];
            return Tell(image, found, [.. found.Select(one => check(one.Payload, beside, digest))]);
        });
        return command;
    }

    // One of the right kind that holds is enough: an artifact may be built, and described, by several.
    private static int Tell(OciReference image, IReadOnlyList<VerifiedStatement> statements, IReadOnlyList<AttestationFinding> findings)
    {
        for (var i = 0; i < findings.Count; i++)
            if (findings[i].Holds)
                return Tell(findings[i], statements[i].Result, statements[i].Source);
        var refused = findings.Where(static finding => finding.Step is not AttestationStep.PredicateType).ToList();
        throw new SupplyChainException(SupplyChainReason.SignatureMissing, refused.Count > 0
            ? $"'{image}': {string.Join("; ", refused.Select(static finding => $"{finding.Step}: {finding.Message}"))}"
            : $"'{image}' has no such attestation by the expected signer among {statements.Count} that are signed");
    }

    private static int Tell(AttestationFinding finding, VerificationResult result, string source)
    {
        if (!finding.Holds)
            throw new SupplyChainException(SupplyChainReason.SignatureInvalid, $"'{source}': {finding.Step}: {finding.Message}");
        Console.WriteLine($"verified: {finding.Message}; {SignerOptions.Description(result)}, found under {source}");
        return 0;
    }

    private static async Task<AttestedArtifact> ArtifactAsync(string name, CancellationToken cancellationToken)
    {
        if (!Path.Exists(name) && ModelDigest.TryParse(name, out var digest))
            return new AttestedArtifact(digest);
        var contents = await ArtifactReader.HashAsync(name, ModelOptions.Limits, cancellationToken: cancellationToken);
        return new AttestedArtifact(contents.Digest) { FileDigests = contents.Files.Select(static file => Convert.ToHexStringLower(file.Sha256.Span)).ToHashSet(StringComparer.Ordinal) };
    }

    private static async Task<(ReadOnlyMemory<byte> Payload, VerificationResult Result)> ReadAsync(
        FileInfo file, ModelDigest digest, SigstoreVerifier verifier, VerificationPolicy policy, CancellationToken cancellationToken)
    {
        var bundle = await SigstoreBundle.LoadAsync(file, cancellationToken);
        var result = verifier.VerifyDigest(Convert.FromHexString(digest.Hex), HashAlgorithmType.Sha256, bundle, policy);
        return bundle.DsseEnvelope is { } envelope ? (envelope.Payload, result)
            : throw new SupplyChainException(SupplyChainReason.Malformed, $"'{file.FullName}' signs the artifact itself and says nothing about it: give a bundle with a statement");
    }
}
