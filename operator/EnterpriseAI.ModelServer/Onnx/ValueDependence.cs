namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>
/// Whether the numbers in a request decide how much a model works, and not their count alone: a loop that runs as often as an input
/// says, a tensor that is made as large. Such a model may be quick a million times and then take a minute.
/// </summary>
internal static class ValueDependence
{
    private const string MachineLearning = "ai.onnx.ml";

    // Of ONNX's own operators those that take a count or a size as an input.
    private static readonly HashSet<string> Sized = new(StringComparer.Ordinal)
    {
        "AffineGrid", "BlackmanWindow", "CenterCropPad", "Col2Im", "ConstantOfShape", "DFT", "Expand", "HammingWindow", "HannWindow", "Loop",
        "MaxUnpool", "MelWeightMatrix", "OneHot", "Pad", "Range", "Resize", "Tile", "Upsample",
    };

    /// <param name="description">The model, its inner graphs and functions included.</param>
    /// <returns>True also where an operator's own documentation would have to be read to know.</returns>
    public static bool Of(OnnxDescription description) =>
        description.Operators.Any(static used => used.Domain is not (OnnxDomains.Standard or MachineLearning) || Sized.Contains(used.Name));
}
