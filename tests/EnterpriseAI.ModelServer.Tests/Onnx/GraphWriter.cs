namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>Writes ONNX models field by field, also such as no honest writer makes.</summary>
internal static class GraphWriter
{
    public static ProtobufWriter Model(ProtobufWriter graph, params (string Domain, long Version)[] opsets)
    {
        var model = new ProtobufWriter().Number(1, 9).Text(2, "writer").Text(3, "1.2").Message(7, graph);
        foreach (var (domain, version) in opsets.Length > 0 ? opsets : [("", 17)])
            model.Message(8, new ProtobufWriter().Text(1, domain).Number(2, version));
        return model;
    }

    /// <summary>The fields of a graph, by their numbers: 1 node, 5 weight, 11 input, 12 output.</summary>
    public static ProtobufWriter Graph(params (int Field, ProtobufWriter Content)[] fields)
    {
        var graph = new ProtobufWriter().Text(2, "g");
        foreach (var (field, content) in fields)
            graph.Message(field, content);
        return graph;
    }

    public static ProtobufWriter Node(string type, string[] inputs, string[] outputs, string domain = "", params ProtobufWriter[] attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs)
            node.Text(1, input);
        foreach (var output in outputs)
            node.Text(2, output);
        node.Text(4, type);
        foreach (var attribute in attributes)
            node.Message(5, attribute);
        return domain.Length > 0 ? node.Text(7, domain) : node;
    }

    public static ProtobufWriter Tensor(string name, int type, long[] dimensions, byte[]? raw)
    {
        var tensor = new ProtobufWriter();
        foreach (var dimension in dimensions)
            tensor.Number(1, dimension);
        tensor.Number(2, type).Text(8, name);
        return raw is null ? tensor : tensor.Bytes(9, raw);
    }

    public static ProtobufWriter External(string name, int type, long[] dimensions, params (string Key, string Value)[] entries)
    {
        var tensor = Tensor(name, type, dimensions, null);
        foreach (var (key, value) in entries)
            tensor.Message(13, new ProtobufWriter().Text(1, key).Text(2, value));
        return tensor.Number(14, 1);
    }

    public static ProtobufWriter Shape(string name, params long[] numbers) => Tensor(name, OnnxModels.Int64, [numbers.Length], OnnxModels.Of(numbers));

    public static ProtobufWriter Subgraph(string name, ProtobufWriter graph) => new ProtobufWriter().Text(1, name).Message(6, graph).Number(20, 5);

    public static ProtobufWriter Value(string name, int type, params long[] shape)
    {
        var dimensions = new ProtobufWriter();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension < 0 ? new ProtobufWriter().Text(2, "n") : new ProtobufWriter().Number(1, dimension));
        return Typed(name, new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, type).Message(2, dimensions)));
    }

    public static ProtobufWriter Typed(string name, ProtobufWriter type) => new ProtobufWriter().Text(1, name).Message(2, type);
}
