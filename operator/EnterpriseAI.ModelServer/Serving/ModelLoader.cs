using System.Text.RegularExpressions;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Verifies an artifact and makes a session of the bytes that were verified.</summary>
internal static partial class ModelLoader
{
    /// <exception cref="ModelRefusedException">The artifact did not verify, or ONNX Runtime cannot load it.</exception>
    public static async Task<LoadedModel> LoadAsync(ModelOptions options, CancellationToken cancellationToken)
    {
        try
        {
            var key = options.PublicKeyFile is { } file ? await EcdsaPublicKey.LoadAsync(file, cancellationToken).ConfigureAwait(false) : null;
            var artifact = await ModelVerifier.VerifyAsync(options.Model, new ModelVerificationPolicy
            {
                ExpectedDigest = options.ExpectedDigest,
                PublicKey = key,
                RequireSignature = options.RequireSignature,
            }, cancellationToken).ConfigureAwait(false);
            var name = artifact.IsFolder ? ArtifactPaths.ModelFile : artifact.Manifest[0].Name;
            if (!artifact.Files.TryGetValue(name, out var model))
                throw new ModelRefusedException(nameof(SupplyChainReason.ArtifactNotFound), $"'{options.Model}' has no {name}");
            var session = CreateSession(options, artifact.IsFolder ? Path.Combine(options.Model, name) : options.Model, model,
                artifact.Files.Where(candidate => candidate.Key != name).ToDictionary());
            return new LoadedModel(session, artifact.Digest, artifact.Signer,
                artifact.IsFolder && artifact.Files.TryGetValue(ArtifactPaths.EvaluationFile, out var evaluation) ? (ReadOnlyMemory<byte>?)evaluation : null);
        }
        catch (SupplyChainException e)
        {
            throw new ModelRefusedException(e.Reason.ToString(), e.Message, e.Reason is SupplyChainReason.ArtifactUnreadable, e);
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
        if (!OnnxFormat.LooksLikeModel(model.Span))
            throw new ModelRefusedException(ModelRefusedException.NotOnnx, $"'{path}' is not an ONNX model");
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
            throw new ModelRefusedException(ModelRefusedException.ModelUnsupported, $"'{path}' cannot be loaded: {WithoutLocation(e.Message)}", inner: e);
        }
    }

    /// <summary>ONNX Runtime begins some messages with the place in its own source, which says nothing to its users.</summary>
    private static string WithoutLocation(string message) => SourceLocation().Replace(message, "");

    [GeneratedRegex(@"^/\S+:\d+ .*?\) (?=[A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex SourceLocation();

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
