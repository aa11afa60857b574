namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>What speaks against a model.</summary>
internal enum OnnxProblem
{
    /// <summary>The bytes are no well-formed message, or one without a graph.</summary>
    NotAModel,

    /// <summary>It contradicts itself, or can be read in two ways.</summary>
    Malformed,

    /// <summary>It has more of something than <see cref="OnnxLimits"/> allow.</summary>
    TooComplex,

    /// <summary>A tensor declares more elements than there are bytes for.</summary>
    DataMissing,

    /// <summary>Data is said to lie where none of the artifact's files is, or outside of them.</summary>
    ExternalData,

    /// <summary>It makes a tensor of constant size that is larger than allowed.</summary>
    MemoryBomb,
}

/// <summary>A model was refused without having been run. The message begins with "it", for the model.</summary>
internal sealed class OnnxInspectionException(OnnxProblem problem, string message) : Exception(message)
{
    public OnnxProblem Problem => problem;
}
