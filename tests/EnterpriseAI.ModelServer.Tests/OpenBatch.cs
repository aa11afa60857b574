namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Changes a model's file so that the first dimension of its inputs and outputs is open, as an exporter writes it when told to.</summary>
/// <remarks>The published models declare the sizes of their stored inputs: none of them could be tried in a batch as it is.</remarks>
internal static class OpenBatch
{
    private const int Graph = 7, Initializer = 5, Input = 11, Output = 12, InnerShapes = 13;

    public static byte[] Of(byte[] model) => Copy(model, static (field, bytes) => field == Graph ? OfGraph(bytes) : bytes);

    private static byte[] OfGraph(byte[] graph)
    {
        var weights = new HashSet<string>();
        foreach (var (field, bytes) in Fields(graph))
        {
            if (field == Initializer)
                weights.Add(Text(bytes, 8));
        }
        return Copy(graph, (field, bytes) => field switch
        {
            // Old files list their weights among the inputs.
            Input when weights.Contains(Text(bytes, 1)) => bytes,
            Input or Output => Copy(bytes, (inner, type) => inner == 2 ? OfType(type, Text(bytes, 1)) : type),
            // They would say that a batch has the old size within.
            InnerShapes => null,
            _ => bytes,
        });
    }

    private static byte[] OfType(byte[] type, string name) => Copy(type, (field, tensor) => field != 1 ? tensor : Copy(tensor, (inner, shape) =>
    {
        if (inner != 2)
            return shape;
        var first = true;
        return Copy(shape, (_, dimension) =>
        {
            if (!first)
                return dimension;
            first = false;
            // A name of its own: that all of them are one is for the server to find out.
            return new ProtobufWriter().Text(2, $"rows of {name}").ToArray();
        });
    }));

    private static string Text(byte[] message, int field) => Fields(message).Where(pair => pair.Field == field).Select(static pair => System.Text.Encoding.UTF8.GetString(pair.Bytes)).FirstOrDefault("");

    private static IEnumerable<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        var reader = new ProtobufReader(message);
        while (reader.Next(out var field, out var wire))
        {
            if (wire == 2)
                yield return (field, reader.Bytes());
            else
                reader.Skip(wire);
        }
    }

    /// <summary>Copies a message; fields with a length are changed, or left out for null.</summary>
    private static byte[] Copy(byte[] message, Func<int, byte[], byte[]?> change)
    {
        var reader = new ProtobufReader(message);
        var writer = new ProtobufWriter();
        while (reader.Next(out var field, out var wire))
        {
            if (wire == 0)
                writer.Number(field, reader.Varint());
            else if (wire == 2 && change(field, reader.Bytes()) is { } bytes)
                writer.Bytes(field, bytes);
            else if (wire != 2)
                throw new InvalidDataException($"field {field} has the wire type {wire}, which no model here has");
        }
        return writer.ToArray();
    }
}
