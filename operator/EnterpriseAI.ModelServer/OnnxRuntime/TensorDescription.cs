namespace EnterpriseAI.ModelServer.OnnxRuntime;

/// <summary>One input or output of a model as its file declares it.</summary>
/// <param name="Name">The name that requests use.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">One number per dimension, -1 where any size is allowed. Empty for a scalar and where the model says nothing.</param>
internal sealed record TensorDescription(string Name, TensorElementType Type, IReadOnlyList<long> Shape)
{
    /// <summary>The name that the model gives its open first dimension; null where it gives none.</summary>
    public string? FirstDimension { get; init; }
}
