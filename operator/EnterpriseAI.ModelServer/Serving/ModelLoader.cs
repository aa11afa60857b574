using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Verifies an artifact and makes a session of the bytes that were verified.</summary>
internal static class ModelLoader
{
    /// <param name="options">Which, and how.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <param name="tuning">The clock by which it is tried what suits the model; null for what is not run often, which is not worth the time.</param>
    /// <exception cref="ModelRefusedException">The artifact did not verify, or ONNX Runtime cannot load it.</exception>
    public static async Task<LoadedModel> LoadAsync(ModelOptions options, CancellationToken cancellationToken, TimeProvider? tuning = null)
    {
        try
        {
            if (RevocationOf(options) is { } revocation)
                throw new ModelRefusedException(ModelRefusedException.Revoked, $"'{options.Model}' is not loaded: {revocation}");
            var key = options.PublicKeyFile is { } file ? await EcdsaPublicKey.LoadAsync(file, cancellationToken).ConfigureAwait(false) : null;
            var artifact = await ModelVerifier.VerifyAsync(options.Model, new ModelVerificationPolicy
            {
                ExpectedDigest = options.ExpectedDigest,
                PublicKey = key,
                CertificateIdentity = options.Identity,
                TrustedRoot = options.TrustedRootFile is { } root ? await TrustedRoot.LoadAsync(root, cancellationToken).ConfigureAwait(false) : null,
                RequireSignature = options.RequireSignature,
            }, cancellationToken).ConfigureAwait(false);
            var name = artifact.IsFolder ? ArtifactPaths.ModelFile : artifact.Manifest[0].Name;
            if (!artifact.Files.TryGetValue(name, out var model))
                throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactNotFound), $"'{options.Model}' has no {name}");
            var path = artifact.IsFolder ? Path.Combine(options.Model, name) : options.Model;
            var others = artifact.Files.Where(candidate => candidate.Key != name).ToDictionary();
            var description = Inspect(options, path, model, others);
            var session = CreateSession(options, path, model, others);
            if (tuning is not null && SessionTuning.Of(session, options.Session, tuning) is { } better)
            {
                session.Dispose();
                session = CreateSession(options with { Session = better }, path, model, others);
            }
            return new LoadedModel(session, artifact.Digest, artifact.Signer,
                artifact.IsFolder && artifact.Files.TryGetValue(ArtifactPaths.EvaluationFile, out var evaluation) ? (ReadOnlyMemory<byte>?)evaluation : null)
            {
                Description = description,
                Artifact = AttestedArtifact.Of(artifact),
                Bytes = artifact.Manifest.Sum(static file => file.Bytes),
                Kept = ArtifactReader.KeepOpen(path),
            };
        }
        catch (SupplyChainException e)
        {
            throw new ModelRefusedException(e.Reason.ToString(), e.Message, e.Reason is SupplyChainReason.ArtifactUnreadable, e);
        }
    }

    // The mount may be there without the file; a file that cannot be read is there.
    private static string? RevocationOf(ModelOptions options)
    {
        const int longest = 1024;
        if (options.RevokedFile is not { } file || !File.Exists(file))
            return null;
        try
        {
            using var reader = File.OpenText(file);
            var text = new char[longest];
            return new string(text, 0, reader.ReadBlock(text)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return $"revoked; '{file}' cannot be read: {e.Message}";
        }
    }

    // Before ONNX Runtime sees it: it reads files by the names that it finds in the model, and computes what it can at once.
    private static OnnxDescription Inspect(ModelOptions options, string path, ReadOnlyMemory<byte> model, Dictionary<string, ReadOnlyMemory<byte>> others)
    {
        try
        {
            var description = OnnxInspector.Inspect(model.Span, options.Limits);
            return OnnxExternalData.RefusalOf(description, others.ToDictionary(static file => file.Key, static file => (long)file.Value.Length)) is { } refusal
                ? throw new ModelRefusedException(ModelRefusedException.ModelUnsupported, $"'{path}' cannot be loaded: {refusal}")
                : description;
        }
        catch (OnnxInspectionException e)
        {
            throw e.Problem switch
            {
                OnnxProblem.NotAModel => new ModelRefusedException(ModelRefusedException.NotOnnx, $"'{path}' is not an ONNX model", inner: e),
                OnnxProblem.Malformed => new ModelRefusedException(ModelRefusedException.NotOnnx, $"'{path}' is not an ONNX model: {e.Message}", inner: e),
                _ => new ModelRefusedException(ModelRefusedException.ModelUnsupported, $"'{path}' cannot be loaded: {e.Message}", inner: e),
            };
        }
    }

    private static OrtSession CreateSession(ModelOptions options, string path, ReadOnlyMemory<byte> model, Dictionary<string, ReadOnlyMemory<byte>> others)
    {
        try
        {
            _ = OrtApi.LibraryVersion;
        }
        catch (TypeInitializationException e) when (e.InnerException is OnnxRuntimeException cause)
        {
            throw new ModelRefusedException(ModelRefusedException.RuntimeMissing, cause.Message, inner: cause);
        }
        try
        {
            return OrtSession.Create(model, others, options.Session);
        }
        catch (OnnxRuntimeException e) when (e.Code is OrtErrorCode.InvalidProtobuf or OrtErrorCode.NoModel)
        {
            throw new ModelRefusedException(ModelRefusedException.NotOnnx, $"'{path}' is not an ONNX model: {e.Message}", inner: e);
        }
        catch (OnnxRuntimeException e) when (e.Code is OrtErrorCode.ExecutionProviderFailed)
        {
            throw new ModelRefusedException(ModelRefusedException.ExecutionProviderUnavailable, $"the execution provider {options.Session.Provider} cannot be used: {e.Message}", inner: e);
        }
        catch (OnnxRuntimeException e)
        {
            throw new ModelRefusedException(ModelRefusedException.ModelUnsupported, $"'{path}' cannot be loaded: {e.Message}", inner: e);
        }
    }

    /// <summary>Runs the model once with zeros, so that the first request does not pay for what is set up lazily.</summary>
    /// <param name="session">The model.</param>
    /// <param name="rows">The size of the first dimension where it is open.</param>
    /// <returns>Why that failed; null when it did not. A model may rightly refuse zeros, so this is no reason to refuse the model.</returns>
    public static string? WarmUp(OrtSession session, int rows = 1)
    {
        var inputs = new List<OrtTensor>();
        try
        {
            foreach (var input in session.Inputs)
            {
                var tensor = OrtTensor.Create(input.Type, [.. input.Shape.Select((dimension, position) => dimension >= 0 ? dimension : position == 0 ? rows : 1)]);
                inputs.Add(tensor);
                if (input.Type != TensorElementType.String)
                    tensor.Bytes().Clear();
            }
            foreach (var output in session.Run([.. inputs], [.. Enumerable.Range(0, session.Outputs.Count)]))
                output.Dispose();
            return null;
        }
        catch (OnnxRuntimeException e)
        {
            return e.Message;
        }
        finally
        {
            inputs.ForEach(static input => input.Dispose());
        }
    }
}
