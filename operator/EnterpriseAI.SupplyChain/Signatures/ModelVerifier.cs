namespace EnterpriseAI.SupplyChain;

/// <summary>Verifies artifacts against a digest and a managed key's OpenSSF Model Signing v1.0 signature.</summary>
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

    private static async Task<VerifiedArtifact> VerifyAsync(string path, ModelVerificationPolicy policy, bool keepBytes, CancellationToken cancellationToken)
    {
        if (policy is { RequireSignature: true, PublicKey: null })
            throw new SupplyChainException(SupplyChainReason.PublicKeyMissing, $"'{path}' must be signed, but no public key to check it with was given");
        if (!Path.Exists(path))
            throw new SupplyChainException(SupplyChainReason.ArtifactNotFound, $"'{path}' does not exist: give a model file or a folder");

        // The signature first: what it says to ignore may be believed only once it is verified.
        var manifest = policy.PublicKey is { } key ? await ManifestAsync(path, policy, key, cancellationToken).ConfigureAwait(false) : null;
        string[] ignored = [.. policy.IgnorePaths, .. manifest?.IgnorePaths ?? []];
        var artifact = keepBytes
            ? await ArtifactReader.ReadAsync(path, policy.Limits, ignored, cancellationToken).ConfigureAwait(false)
            : await ArtifactReader.HashAsync(path, policy.Limits, ignored, cancellationToken).ConfigureAwait(false);

        if (manifest is not null)
            Compare(artifact, manifest);
        if (policy.ExpectedDigest is { } expected && artifact.Digest != expected)
            throw new SupplyChainException(SupplyChainReason.DigestMismatch, $"'{path}' has digest {artifact.Digest}, not {expected}");

        var signer = manifest is null ? null : new ModelSignerIdentity(policy.PublicKey!.KeyId, policy.PublicKey.Algorithm);
        return new VerifiedArtifact(path, artifact.IsFolder, artifact.Digest, signer, artifact.Files, artifact.Bytes);
    }

    private static async Task<ModelManifest> ManifestAsync(string path, ModelVerificationPolicy policy, EcdsaPublicKey key, CancellationToken cancellationToken)
    {
        var file = policy.SignaturePath ?? ArtifactPaths.SignatureOf(path);
        try
        {
            var bytes = await ArtifactReader.ReadBoundedAsync(file, policy.Limits.MaxSignatureBytes, cancellationToken).ConfigureAwait(false);
            return ModelSignatureBundle.Parse(bytes.Span, file).Verify(key);
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
        var signed = manifest.Resources.ToDictionary(static resource => resource.Name, static resource => resource.Digest, StringComparer.Ordinal);
        if (!artifact.IsFolder)
        {
            // The subset of a signed folder that one file is was not what its signer meant to be used alone.
            if (signed.Count != 1)
                throw new SupplyChainException(SupplyChainReason.DigestMismatch,
                    $"'{artifact.Path}' is one of {signed.Count} signed files: give the folder, not the file");
            if (signed.Remove(".", out var unnamed))
                signed[artifact.Files[0].Name] = unnamed;
        }
        var present = artifact.Files.ToDictionary(static file => file.Name, static file => file.HexDigest, StringComparer.Ordinal);
        var differences = artifact.Files.Where(file => signed.TryGetValue(file.Name, out var digest) && digest != file.HexDigest)
            .Select(static file => $"'{file.Name}' was changed after signing")
            .Concat(artifact.Files.Where(file => !signed.ContainsKey(file.Name)).Select(static file => $"'{file.Name}' was not signed"))
            .Concat(signed.Keys.Where(name => !present.ContainsKey(name)).Select(static name => $"'{name}' is missing"))
            .ToList();
        if (differences.Count == 0)
            return;
        var more = differences.Count > NamesInMessage ? $", and {differences.Count - NamesInMessage} more" : "";
        throw new SupplyChainException(SupplyChainReason.DigestMismatch,
            $"'{artifact.Path}' is not what was signed: {string.Join(", ", differences.Take(NamesInMessage))}{more}");
    }
}
