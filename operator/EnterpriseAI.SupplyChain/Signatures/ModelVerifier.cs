namespace EnterpriseAI.SupplyChain;

/// <summary>Verifies artifacts against a digest and an OpenSSF Model Signing v1.0 signature.</summary>
/// <remarks>Guarantees: fails closed; whatever does not verify is an exception, and no byte of it is handed out.</remarks>
public static class ModelVerifier
{
    private const int NamesInMessage = 5;

    /// <summary>Reads the artifact into memory and verifies exactly those bytes.</summary>
    /// <exception cref="SupplyChainException">The artifact does not meet the policy.</exception>
    public static Task<VerifiedArtifact> VerifyAsync(string path, ModelVerificationPolicy policy, CancellationToken cancellationToken = default) =>
        VerifyAsync(path, policy, keepBytes: true, cancellationToken);

    /// <summary>As <see cref="VerifyAsync(string, ModelVerificationPolicy, CancellationToken)"/>, hashing in a stream: for artifacts that are only checked, not used.</summary>
    /// <exception cref="SupplyChainException">The artifact does not meet the policy.</exception>
    public static Task<VerifiedArtifact> VerifyDigestsAsync(string path, ModelVerificationPolicy policy, CancellationToken cancellationToken = default) =>
        VerifyAsync(path, policy, keepBytes: false, cancellationToken);

    /// <summary>Checks only what is signed, hashing no more than that asks for: a large file that is signed in ranges is hashed by all processors.</summary>
    /// <returns>Who signed it.</returns>
    /// <exception cref="SupplyChainException">The artifact does not meet the policy.</exception>
    public static async Task<ModelSignerIdentity> CheckAsync(string path, ModelVerificationPolicy policy, CancellationToken cancellationToken = default)
    {
        if (policy.ExpectedDigest is not null || !policy.ExpectsSigner)
            return (await VerifyDigestsAsync(path, policy with { RequireSignature = true }, cancellationToken).ConfigureAwait(false)).Signer!;
        var (manifest, signer) = await ManifestAsync(path, policy, cancellationToken).ConfigureAwait(false);
        var artifact = await ReadAsync(path, policy, manifest, keepBytes: false, hashFiles: manifest!.Parts == PartHashing.Files, cancellationToken).ConfigureAwait(false);
        Compare(artifact, manifest);
        return signer!;
    }

    private static async Task<VerifiedArtifact> VerifyAsync(string path, ModelVerificationPolicy policy, bool keepBytes, CancellationToken cancellationToken)
    {
        // The signature first: what it says to ignore may be believed only once it is verified.
        var (manifest, signer) = await ManifestAsync(path, policy, cancellationToken).ConfigureAwait(false);
        var artifact = await ReadAsync(path, policy, manifest, keepBytes, hashFiles: true, cancellationToken).ConfigureAwait(false);
        if (manifest is not null)
            Compare(artifact, manifest);
        if (policy.ExpectedDigest is { } expected && artifact.Digest != expected)
            throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"'{path}' has digest {artifact.Digest}, not {expected}");
        return new VerifiedArtifact(path, artifact.IsFolder, artifact.Digest, signer, artifact.Files, artifact.Bytes);
    }

    private static Task<ArtifactContents> ReadAsync(string path, ModelVerificationPolicy policy, ModelManifest? manifest, bool keepBytes, bool hashFiles, CancellationToken cancellationToken) =>
        ArtifactReader.ReadAsync(path, new ArtifactReading
        {
            Limits = policy.Limits,
            IgnorePaths = [.. policy.IgnorePaths, .. manifest?.IgnorePaths ?? [], .. ArtifactPaths.Below(path, policy.SignaturePath)],
            Names = policy.IgnoreUnsignedFiles ? manifest?.Files : null,
            KeepBytes = keepBytes,
            HashFiles = hashFiles,
            Parts = manifest?.Parts ?? PartHashing.Files,
        }, cancellationToken);

    private static async Task<(ModelManifest? Manifest, ModelSignerIdentity? Signer)> ManifestAsync(string path, ModelVerificationPolicy policy, CancellationToken cancellationToken)
    {
        policy.Validate(path);
        if (!Path.Exists(path))
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' does not exist: give a model file or a folder");
        if (!policy.ExpectsSigner)
            return (null, null);
        var file = policy.SignaturePath ?? ArtifactPaths.SignatureOf(path);
        try
        {
            var bytes = await ArtifactReader.ReadBoundedAsync(file, policy.Limits.MaxSignatureBytes, cancellationToken).ConfigureAwait(false);
            return ModelSignatureBundle.Parse(bytes, file).Verify(policy);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new SupplyChainException(SupplyChainReason.SignatureMissing, $"'{path}' must be signed, but there is no '{file}'", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SupplyChainException(SupplyChainReason.ArtifactUnreadable, $"the signature '{file}' cannot be read: {e.Message}", e);
        }
    }

    private static void Compare(ArtifactContents artifact, ModelManifest manifest)
    {
        var signed = manifest.Resources.ToDictionary(static resource => resource.Key, static resource => resource.Value, StringComparer.Ordinal);
        if (!artifact.IsFolder)
        {
            // The subset of a signed folder that one file is was not what its signer meant to be used alone.
            if (manifest.Files.Count != 1)
                throw new SupplyChainException(SupplyChainReason.DigestMismatch,
                    $"'{artifact.Path}' is one of {manifest.Files.Count} signed files: give the folder, not the file");
            if (manifest.Files[0] is ".")
                signed = signed.ToDictionary(resource => artifact.Files[0].Name + resource.Key[1..], static resource => resource.Value, StringComparer.Ordinal);
        }
        var present = artifact.Parts.ToDictionary(static part => part.Key, static part => Convert.ToHexStringLower(part.Value), StringComparer.Ordinal);
        var differences = present.Where(part => signed.TryGetValue(part.Key, out var digest) && digest != part.Value)
            .Select(static part => $"'{part.Key}' was changed after signing")
            .Concat(present.Keys.Where(name => !signed.ContainsKey(name)).Select(static name => $"'{name}' was not signed"))
            .Concat(signed.Keys.Where(name => !present.ContainsKey(name)).Select(static name => $"'{name}' is missing"))
            .Order(CodePointOrder.Instance)
            .ToList();
        if (differences.Count == 0)
            return;
        var more = differences.Count > NamesInMessage ? $", and {differences.Count - NamesInMessage} more" : "";
        throw new SupplyChainException(SupplyChainReason.DigestMismatch,
            $"'{artifact.Path}' is not what was signed: {string.Join(", ", differences.Take(NamesInMessage))}{more}");
    }
}
