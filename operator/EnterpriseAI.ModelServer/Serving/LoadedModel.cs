using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.SupplyChain;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>A model whose bytes were verified, ready to run.</summary>
/// <param name="Session">The model in ONNX Runtime, made from the verified bytes.</param>
/// <param name="Digest">The artifact's digest.</param>
/// <param name="Signer">Who signed it; null when no signature was asked for.</param>
/// <param name="Evaluation">The verified bytes of <c>evaluation.json</c>, if the artifact has one.</param>
internal sealed record LoadedModel(OrtSession Session, ModelDigest Digest, ModelSignerIdentity? Signer, ReadOnlyMemory<byte>? Evaluation) : IDisposable
{
    /// <summary>The size of the model's files.</summary>
    public long Bytes { get; init; }

    public void Dispose() => Session.Dispose();
}
