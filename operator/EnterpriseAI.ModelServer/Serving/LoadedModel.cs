using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.SupplyChain;
using Microsoft.Win32.SafeHandles;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>A model whose bytes were verified, ready to run.</summary>
/// <param name="Session">The model in ONNX Runtime, made from the verified bytes.</param>
/// <param name="Digest">The artifact's digest.</param>
/// <param name="Signer">Who signed it; null when no signature was asked for.</param>
/// <param name="Evaluation">The verified bytes of <c>evaluation.json</c>, if the artifact has one.</param>
internal sealed record LoadedModel(OrtSession Session, ModelDigest Digest, ModelSignerIdentity? Signer, ReadOnlyMemory<byte>? Evaluation) : IDisposable
{
    /// <summary>What the model's file says of itself.</summary>
    public required OnnxDescription Description { get; init; }

    /// <summary>The artifact as attestations speak of it.</summary>
    public required AttestedArtifact Artifact { get; init; }

    /// <summary>The size of the model's files.</summary>
    public long Bytes { get; init; }

    /// <summary>Its file, open: what makes room in a node's cache sees by it that the model is in use. Null when the file is gone.</summary>
    public SafeFileHandle? Kept { get; init; }

    public void Dispose()
    {
        Session.Dispose();
        Kept?.Dispose();
    }
}
