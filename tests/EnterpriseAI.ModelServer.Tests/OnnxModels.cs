using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>Small ONNX models, written byte by byte.</summary>
internal static class OnnxModels
{
    public const int Float = 1, Int64 = 7, Bool = 9;

    /// <summary>y = x·W + b for x of shape [-1, 3], W = [[1,2],[3,4],[5,6]], b = [10, 20].</summary>
    public static byte[] Linear() => Model(
        [Node("Gemm", ["x", "W", "b"], ["y"])],
        [Tensor("W", Float, [3, 2], Of(1f, 2, 3, 4, 5, 6)), Tensor("b", Float, [2], Of(10f, 20))],
        [Value("x", Float, -1, 3)], [Value("y", Float, -1, 2)]);

    /// <summary>The same with W in the file <paramref name="file"/>.</summary>
    public static byte[] LinearWithExternalWeights(string file) => Model(
        [Node("Gemm", ["x", "W", "b"], ["y"])],
        [ExternalTensor("W", Float, [3, 2], file, 24), Tensor("b", Float, [2], Of(10f, 20))],
        [Value("x", Float, -1, 3)], [Value("y", Float, -1, 2)]);

    public static byte[] LinearWeights() => Of(1f, 2, 3, 4, 5, 6);

    /// <summary>y = x for a tensor of any element type and two open dimensions.</summary>
    public static byte[] Identity(int type) => Model([Node("Identity", ["x"], ["y"])], [], [Value("x", type, -1, -1)], [Value("y", type, -1, -1)]);

    /// <summary>Layers of <paramref name="width"/> squared weights each: what takes time is to read them, once for any number of rows.</summary>
    public static byte[] Wide(int width, int layers)
    {
        var weights = Enumerable.Range(0, width * width).Select(static index => index % 17 / 170f).ToArray();
        var names = Enumerable.Range(0, layers + 1).Select(layer => layer == 0 ? "x" : layer == layers ? "y" : $"h{layer}").ToArray();
        return Model(
            [.. Enumerable.Range(0, layers).Select(layer => Node("MatMul", [names[layer], $"W{layer}"], [names[layer + 1]]))],
            [.. Enumerable.Range(0, layers).Select(layer => Tensor($"W{layer}", Float, [width, width], Of(weights)))],
            [Value("x", Float, -1, width)], [Value("y", Float, -1, width)]);
    }

    /// <summary>y = x for one column of texts.</summary>
    public static byte[] TextColumn() => Model([Node("Identity", ["x"], ["y"])], [], [Value("x", 8, -1)], [Value("y", 8, -1)]);

    /// <summary>y = x with no shape declared.</summary>
    public static byte[] IdentityOfAnyShape() => Model([Node("Identity", ["x"], ["y"])], [], [Value("x", Float)], [Value("y", Float)]);

    /// <summary>y = [1,2,3][i]: fails at run time for an index outside.</summary>
    public static byte[] Lookup() => Model(
        [Node("Gather", ["table", "i"], ["y"])], [Tensor("table", Float, [3], Of(1f, 2, 3))], [Value("i", Int64, -1)], [Value("y", Float, -1)]);

    /// <summary>sum = a + b, quotient = a / b, both of shape [2].</summary>
    public static byte[] TwoInputs() => Model(
        [Node("Add", ["a", "b"], ["sum"]), Node("Div", ["a", "b"], ["quotient"])], [],
        [Value("a", Float, 2), Value("b", Float, 2)], [Value("sum", Float, 2), Value("quotient", Float, 2)]);

    /// <summary>y = x + n, one addition after the other: runs as long as n says, and can be ended between two of them.</summary>
    public static byte[] Counter()
    {
        var body = Graph(
            [Node("Identity", ["go"], ["goOn"]), Node("Add", ["v", "one"], ["next"])], [Tensor("one", Float, [], Of(1f))],
            [Scalar("i", Int64), Scalar("go", Bool), Value("v", Float, -1)], [Scalar("goOn", Bool), Value("next", Float, -1)]);
        var loop = Node("Loop", ["n", "true", "x"], ["y"]).Message(5, new ProtobufWriter().Text(1, "body").Message(6, body).Number(20, 5));
        return Model([loop], [Tensor("true", Bool, [], [1])], [Scalar("n", Int64), Value("x", Float, -1)], [Value("y", Float, -1)]);
    }

    /// <summary>The same for a batch: every row is counted up as often as the largest n says.</summary>
    public static byte[] BatchCounter()
    {
        var body = Graph(
            [Node("Identity", ["go"], ["goOn"]), Node("Add", ["v", "one"], ["next"])], [Tensor("one", Float, [], Of(1f))],
            [Scalar("i", Int64), Scalar("go", Bool), Value("v", Float, -1)], [Scalar("goOn", Bool), Value("next", Float, -1)]);
        var loop = Node("Loop", ["steps", "true", "x"], ["y"]).Message(5, new ProtobufWriter().Text(1, "body").Message(6, body).Number(20, 5));
        var largest = Node("ReduceMax", ["n"], ["steps"]).Message(5, new ProtobufWriter().Text(1, "keepdims").Number(3, 0).Number(20, 2));
        return Model([largest, loop], [Tensor("true", Bool, [], [1])], [Value("n", Int64, -1), Value("x", Float, -1)], [Value("y", Float, -1)]);
    }

    /// <summary>y = x - mean of x over the batch: the answer to a row depends on the others.</summary>
    public static byte[] Centred() => Model(
        [Node("ReduceMean", ["x"], ["mean"]).Message(5, new ProtobufWriter().Text(1, "axes").Number(8, 0).Number(20, 7)), Node("Sub", ["x", "mean"], ["y"])],
        [], [Value("x", Float, -1, 2)], [Value("y", Float, -1, 2)]);

    /// <summary>y = x in 8 bits, scaled by the largest value of the whole batch.</summary>
    public static byte[] Quantized() => Model(
        [Node("DynamicQuantizeLinear", ["x"], ["q", "scale", "zero"]), Node("DequantizeLinear", ["q", "scale", "zero"], ["y"])],
        [], [Value("x", Float, -1, 2)], [Value("y", Float, -1, 2)]);

    /// <summary>y = the sum over the batch, one row for any number of rows.</summary>
    public static byte[] Total() => Model(
        [Node("ReduceSum", ["x", "axis"], ["y"])], [Tensor("axis", Int64, [1], Of(0L))], [Value("x", Float, -1, 2)], [Value("y", Float, -1, 2)]);

    /// <summary>y = the first row of x, which no declaration tells.</summary>
    public static byte[] First() => Model(
        [Node("Compress", ["x", "only"], ["y"]).Message(5, new ProtobufWriter().Text(1, "axis").Number(3, 0).Number(20, 2))],
        [Tensor("only", Bool, [1], [1])], [Value("x", Float, -1, 2)], [Value("y", Float, -1, 2)]);

    /// <summary>y = where x is not zero: as many rows as x has, if none is, but counted from the beginning of the batch.</summary>
    public static byte[] Positions() => Model(
        [Node("NonZero", ["x"], ["p"]), Node("Transpose", ["p"], ["y"])], [], [Value("x", Float, -1)], [Value("y", Int64, -1, 1)]);

    /// <summary>y = x, and an input of another type that nothing reads.</summary>
    public static byte[] WithUnusedInput(int type) => Model([Node("Identity", ["x"], ["y"])], [], [Value("x", Float, -1), Value("unused", type, -1)], [Value("y", Float, -1)]);

    /// <summary>y = x doubled as often as <paramref name="steps"/> says, each time in other memory.</summary>
    public static byte[] Chain(int steps) => Model(
        [.. Enumerable.Range(0, steps).Select(step => Node("Concat", [$"v{step}", $"v{step}"], [$"v{step + 1}"]).Message(5, new ProtobufWriter().Text(1, "axis").Number(3, 0).Number(20, 2)))],
        [], [Value("v0", Float, -1)], [Value($"v{steps}", Float, -1)]);

    public static byte[] Of<T>(params T[] values) where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();

    private static byte[] Model(ProtobufWriter[] nodes, ProtobufWriter[] initializers, ProtobufWriter[] inputs, ProtobufWriter[] outputs)
    {
        return new ProtobufWriter().Number(1, 8).Message(7, Graph(nodes, initializers, inputs, outputs))
            .Message(8, new ProtobufWriter().Text(1, "").Number(2, 13)).ToArray();
    }

    private static ProtobufWriter Graph(ProtobufWriter[] nodes, ProtobufWriter[] initializers, ProtobufWriter[] inputs, ProtobufWriter[] outputs)
    {
        var graph = new ProtobufWriter().Text(2, "test");
        foreach (var node in nodes) graph.Message(1, node);
        foreach (var initializer in initializers) graph.Message(5, initializer);
        foreach (var input in inputs) graph.Message(11, input);
        foreach (var output in outputs) graph.Message(12, output);
        return graph;
    }

    private static ProtobufWriter Node(string type, string[] inputs, string[] outputs)
    {
        var node = new ProtobufWriter();
        foreach (var input in inputs) node.Text(1, input);
        foreach (var output in outputs) node.Text(2, output);
        return node.Text(4, type);
    }

    private static ProtobufWriter Shaped(string name, int type, long[] shape)
    {
        var tensor = new ProtobufWriter();
        foreach (var dimension in shape) tensor.Number(1, dimension);
        return tensor.Number(2, type).Text(8, name);
    }

    private static ProtobufWriter Tensor(string name, int type, long[] shape, byte[] raw) => Shaped(name, type, shape).Bytes(9, raw);

    private static ProtobufWriter ExternalTensor(string name, int type, long[] shape, string file, int length) => Shaped(name, type, shape)
        .Message(13, new ProtobufWriter().Text(1, "location").Text(2, file))
        .Message(13, new ProtobufWriter().Text(1, "offset").Text(2, "0"))
        .Message(13, new ProtobufWriter().Text(1, "length").Text(2, $"{length}"))
        .Number(14, 1);

    private static ProtobufWriter Scalar(string name, int type) => new ProtobufWriter().Text(1, name)
        .Message(2, new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, type).Message(2, new ProtobufWriter())));

    private static ProtobufWriter Value(string name, int type, params long[] shape)
    {
        var tensor = new ProtobufWriter().Number(1, type);
        if (shape.Length > 0)
        {
            var dimensions = new ProtobufWriter();
            foreach (var (dimension, index) in shape.Select((dimension, index) => (dimension, index)))
                dimensions.Message(1, dimension < 0 ? new ProtobufWriter().Text(2, $"{name}{index}") : new ProtobufWriter().Number(1, dimension));
            tensor.Message(2, dimensions);
        }
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensor));
    }
}
