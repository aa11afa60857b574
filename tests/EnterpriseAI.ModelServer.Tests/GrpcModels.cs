namespace EnterpriseAI.ModelServer.Tests;

/// <summary>More small ONNX models, with attributes and subgraphs.</summary>
internal static class GrpcModels
{
    private const int Float = 1, Int64 = 7, Bool = 9, Half = 10;
    private const int IntAttribute = 2, GraphAttribute = 5;

    /// <summary>half = x as FP16, same = x, for x of one open dimension.</summary>
    public static byte[] CastToHalf() => Model(Graph("cast",
        [Node("Cast", ["x"], ["half"], Attribute("to", IntAttribute).Number(3, Half)), Node("Identity", ["x"], ["same"])],
        [Value("x", Float, -1)], [Value("half", Half, -1), Value("same", Float, -1)]));

    /// <summary>y = how often a loop was run, which is n times and takes about a microsecond each.</summary>
    public static byte[] Counter() => Model(Graph("count",
        [
            Constant("go", Bool, [1]),
            Constant("zero", Float, OnnxModels.Of(0f)),
            Node("Loop", ["n", "go", "zero"], ["y"], Attribute("body", GraphAttribute).Message(6, Graph("body",
                [Node("Identity", ["go_in"], ["go_out"]), Constant("one", Float, OnnxModels.Of(1f)), Node("Add", ["sum_in", "one"], ["sum_out"])],
                [Scalar("i", Int64), Scalar("go_in", Bool), Scalar("sum_in", Float)],
                [Scalar("go_out", Bool), Scalar("sum_out", Float)]))),
        ],
        [Scalar("n", Int64)], [Scalar("y", Float)]));

    private static byte[] Model(ProtobufWriter graph) => new ProtobufWriter().Number(1, 8).Message(7, graph)
        .Message(8, new ProtobufWriter().Text(1, "").Number(2, 13)).ToArray();

    private static ProtobufWriter Graph(string name, ProtobufWriter[] nodes, ProtobufWriter[] inputs, ProtobufWriter[] outputs)
    {
        var graph = new ProtobufWriter().Text(2, name);
        foreach (var node in nodes) graph.Message(1, node);
        foreach (var input in inputs) graph.Message(11, input);
        foreach (var output in outputs) graph.Message(12, output);
        return graph;
    }

    private static ProtobufWriter Node(string type, string[] inputs, string[] outputs, params ProtobufWriter[] attributes)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        node.Text(4, type);
        foreach (var attribute in attributes) node.Message(5, attribute);
        return node;
    }

    private static ProtobufWriter Attribute(string name, int type) => new ProtobufWriter().Text(1, name).Number(20, type);

    private static ProtobufWriter Constant(string name, int type, byte[] raw) => Node("Constant", [], [name],
        Attribute("value", 4).Message(5, new ProtobufWriter().Number(2, type).Bytes(9, raw)));

    private static ProtobufWriter Scalar(string name, int type) => Value(name, type);

    /// <summary>Without dimensions a scalar.</summary>
    private static ProtobufWriter Value(string name, int type, params long[] shape)
    {
        var dimensions = new ProtobufWriter();
        foreach (var dimension in shape)
            dimensions.Message(1, dimension < 0 ? new ProtobufWriter().Text(2, $"{name}0") : new ProtobufWriter().Number(1, dimension));
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, type).Message(2, dimensions)));
    }
}
