using EnterpriseAI.ModelServer.Onnx;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Decides whether the data that a model keeps in other files is there.</summary>
/// <remarks>
/// ONNX Runtime takes the weights of the graph from the verified bytes that it is given under their names. What it does not find
/// there it would read from the disk, below the process's working directory, or, for a name that it keeps for itself, from any
/// address of its memory. So nothing may be left that it does not find.
/// </remarks>
internal static class OnnxExternalData
{
    /// <param name="model">What the model says.</param>
    /// <param name="files">The files that ONNX Runtime is given besides, with their sizes.</param>
    /// <returns>What speaks against loading it; null when nothing does.</returns>
    public static string? RefusalOf(OnnxDescription model, IReadOnlyDictionary<string, long> files)
    {
        foreach (var tensor in model.ExternalTensors)
        {
            if (!tensor.IsWeight)
                return $"it keeps the data of an attribute or an inner graph in '{tensor.Location}': only the weights of the graph itself may lie in other files";
            // The names of the artifact's files are relative, lead nowhere else, and are of files that are no links.
            if (!files.TryGetValue(tensor.Location, out var bytes))
                return $"it keeps weights in '{tensor.Location}', which is not a file of the artifact";
            if (tensor.Offset > bytes || tensor.Length > bytes - tensor.Offset)
                return $"its weights '{tensor.Tensor}' lie at {tensor.Offset} in '{tensor.Location}'{(tensor.Length is { } length ? $" with {length} bytes" : "")}, beyond the file's {bytes} bytes";
            if (tensor.Needed > (tensor.Length ?? bytes - tensor.Offset))
                return $"its weights '{tensor.Tensor}' need {tensor.Needed} bytes, more than lie for them in '{tensor.Location}'";
        }
        return null;
    }
}
