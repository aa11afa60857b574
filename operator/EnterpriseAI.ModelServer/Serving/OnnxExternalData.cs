using System.Text;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>Finds where a model keeps weights outside of its own file.</summary>
/// <remarks>
/// ONNX Runtime takes the weights of the graph from the verified bytes that it is given under their names. What it does not find
/// there it would read from the disk, below the process's working directory, or, for a name that it keeps for itself, from any
/// address of its memory. So nothing may be left that it does not find.
/// </remarks>
internal static class OnnxExternalData
{
    private const int LengthDelimited = 2;

    // A loop in a branch in a loop is three.
    private const int MaxDepth = 64;

    private enum Message
    {
        Other,
        Model,
        Graph,
        InnerGraph,
        Function,
        Training,
        Node,
        Attribute,
        SparseTensor,
        Weight,
        Tensor,
        Location,
        InnerLocation,
    }

    /// <param name="model">An ONNX file.</param>
    /// <param name="files">The names of the files that ONNX Runtime is given besides.</param>
    /// <returns>What speaks against loading it; null when nothing does.</returns>
    /// <exception cref="InvalidDataException">It is not well-formed.</exception>
    public static string? RefusalOf(ReadOnlySpan<byte> model, IReadOnlyCollection<string> files) => Walk(model, Message.Model, 0, files);

    private static string? Walk(ReadOnlySpan<byte> bytes, Message message, int depth, IReadOnlyCollection<string> files)
    {
        if (depth > MaxDepth)
            return $"it is nested deeper than {MaxDepth} levels";
        ReadOnlySpan<byte> key = default, value = default;
        while (!bytes.IsEmpty)
        {
            if (!OnnxFormat.TryReadField(ref bytes, out var field, out var wire, out var content))
                throw new InvalidDataException("a message in the model is not well-formed");
            if (wire != LengthDelimited)
                continue;
            if (message is Message.Location or Message.InnerLocation)
            {
                if (field == 1)
                    key = content;
                else if (field == 2)
                    value = content;
                continue;
            }
            var inner = Inner(message, field);
            if (inner != Message.Other && Walk(content, inner, depth + 1, files) is { } refusal)
                return refusal;
        }
        if (!key.SequenceEqual("location"u8))
            return null;
        var location = Encoding.UTF8.GetString(value);
        if (message == Message.InnerLocation)
            return $"it keeps the data of an attribute or an inner graph in '{location}': only the weights of the graph itself may lie in other files";
        return files.Contains(location) ? null : $"it keeps weights in '{location}', which is not a file of the artifact";
    }

    /// <summary>The fields of ONNX's messages that may lead to a tensor.</summary>
    private static Message Inner(Message message, int field) => (message, field) switch
    {
        (Message.Model, 7) => Message.Graph,
        (Message.Model, 20) => Message.Training,
        (Message.Model, 25) => Message.Function,
        (Message.Training, 1 or 2) => Message.InnerGraph,
        (Message.Function, 7) or (Message.Graph or Message.InnerGraph, 1) => Message.Node,
        (Message.Function, 11) or (Message.Node, 5) => Message.Attribute,
        (Message.Graph, 5) => Message.Weight,
        (Message.InnerGraph, 5) or (Message.Attribute, 5 or 10) or (Message.SparseTensor, 1 or 2) => Message.Tensor,
        (Message.Graph or Message.InnerGraph, 15) or (Message.Attribute, 22 or 23) => Message.SparseTensor,
        (Message.Attribute, 6 or 11) => Message.InnerGraph,
        (Message.Weight, 13) => Message.Location,
        (Message.Tensor, 13) => Message.InnerLocation,
        _ => Message.Other,
    };
}
