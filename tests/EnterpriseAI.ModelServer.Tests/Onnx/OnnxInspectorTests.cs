using EnterpriseAI.ModelServer.Onnx;
using static EnterpriseAI.ModelServer.Tests.Onnx.GraphWriter;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>What a model is said to be, and what is refused, without running it.</summary>
public class OnnxInspectorTests
{
    private static OnnxDescription Inspect(ProtobufWriter model, OnnxLimits? limits = null) => OnnxInspector.Inspect(model.ToArray(), limits);

    private static OnnxInspectionException Refused(ProtobufWriter model, OnnxLimits? limits = null) => Refused(model.ToArray(), limits);

    private static OnnxInspectionException Refused(byte[] model, OnnxLimits? limits = null) =>
        Assert.Throws<OnnxInspectionException>(() => OnnxInspector.Inspect(model, limits))!;

    [Test]
    public void A_model_is_described()
    {
        var model = Inspect(Model(
            Graph(
                (1, Node("Gemm", ["x", "W"], ["h"])), (1, Node("Relu", ["h"], ["r"])), (1, Node("Relu", ["r"], ["y"])), (1, Node("LinearClassifier", ["y"], ["z"], "ai.onnx.ml")),
                (5, Tensor("W", OnnxModels.Float, [3, 2], new byte[24])),
                (11, Value("x", OnnxModels.Float, -1, 3)), (11, Value("W", OnnxModels.Float, 3, 2)), (12, Value("z", OnnxModels.Int64, -1))),
            ("", 17), ("ai.onnx.ml", 3)));
        Assert.Multiple(() =>
        {
            Assert.That(model.IrVersion, Is.EqualTo(9));
            Assert.That(model.Producer, Is.EqualTo("writer 1.2"));
            Assert.That(model.Opsets, Is.EqualTo(new[] { new OnnxOpset("ai.onnx", 17), new OnnxOpset("ai.onnx.ml", 3) }));
            Assert.That(model.Inputs.Select(static input => (input.Name, input.Datatype, string.Join(',', input.Shape))), Is.EqualTo(new[] { ("x", "FP32", "-1,3") }), "what has a value of its own is no input");
            Assert.That(model.Outputs.Select(static output => (output.Name, output.Datatype)), Is.EqualTo(new[] { ("z", "INT64") }));
            Assert.That(model.Operators, Is.EqualTo(new[] { new OnnxOperator("ai.onnx", "Relu", 2), new OnnxOperator("ai.onnx", "Gemm", 1), new OnnxOperator("ai.onnx.ml", "LinearClassifier", 1) }));
            Assert.That(model.CustomOperators, Is.Empty);
            Assert.That(model.ExternalTensors, Is.Empty);
        });
    }

    [Test]
    public void Operators_of_inner_graphs_and_functions_are_counted_and_foreign_ones_flagged()
    {
        var inner = Graph((1, Node("Add", ["a", "b"], ["c"])), (1, Node("Secret", [], ["d"], "evil.example")));
        var function = new ProtobufWriter().Text(1, "Own").Text(10, "my.functions").Message(7, Node("Mul", ["a", "b"], ["c"]));
        var model = Inspect(Model(Graph((1, Node("If", ["c"], ["y"], "", Subgraph("then_branch", inner), Subgraph("else_branch", inner))), (1, Node("Own", ["y"], ["z"], "my.functions")))).Message(25, function));
        Assert.That(model.Operators.Select(static used => $"{used.Domain}::{used.Name} {used.Count}"),
            Is.EquivalentTo(new[] { "ai.onnx::Add 2", "evil.example::Secret 2", "ai.onnx::If 1", "ai.onnx::Mul 1", "my.functions::Own 1" }));
        Assert.That(model.CustomOperators.Select(static used => $"{used.Domain}::{used.Name}"), Is.EqualTo(new[] { "evil.example::Secret" }));
    }

    [Test]
    public void Inputs_that_are_no_tensors_are_named_for_what_they_are()
    {
        var model = Inspect(Model(Graph((11, Typed("s", new ProtobufWriter().Message(4, new ProtobufWriter()))), (11, Typed("m", new ProtobufWriter().Message(5, new ProtobufWriter()))), (11, Value("c", 14, 2)))));
        Assert.That(model.Inputs.Select(static input => input.Datatype), Is.EqualTo(new[] { "SEQUENCE", "MAP", "COMPLEX64" }));
    }

    [TestCase(new long[] { 1L << 40 }, 1, 4, "declares 1099511627776 elements but brings data for 1")]
    [TestCase(new[] { 1L << 32, 1L << 32, 1L << 32 }, 1, 4, "declares 9223372036854775807 elements")]
    [TestCase(new long[] { 4 }, 1, 12, "declares 4 elements but brings data for 3")]
    [TestCase(new long[] { 9 }, 21, 4, "declares 9 elements but brings data for 8")]
    [TestCase(new long[] { 2 }, 11, 8, "declares 2 elements but brings data for 1")]
    public void A_tensor_that_declares_more_than_it_brings_is_refused(long[] dimensions, int type, int bytes, string expected)
    {
        var refused = Refused(Model(Graph((5, Tensor("W", type, dimensions, new byte[bytes])))));
        Assert.That(refused.Problem, Is.EqualTo(OnnxProblem.DataMissing));
        Assert.That(refused.Message, Does.Contain("its tensor 'W'").And.Contain(expected));
    }

    [TestCase(4, 1, 12, 3, 4)]
    [TestCase(10, 11, 16, 2, 3)]
    [TestCase(5, 22, 4, 8, 9)]
    public void So_is_one_that_brings_too_few_in_a_list_of_its_type(int field, int type, int bytes, int right, int wrong)
    {
        ProtobufWriter With(int count) => Model(Graph((5, Tensor("W", type, [count], null).Bytes(field, new byte[bytes]))));
        Assert.DoesNotThrow(() => Inspect(With(right)));
        Assert.That(Refused(With(wrong)).Problem, Is.EqualTo(OnnxProblem.DataMissing));
    }

    [Test]
    public void A_tensor_without_any_data_is_refused_unless_it_has_no_elements()
    {
        Assert.That(Refused(Model(Graph((5, Tensor("W", 1, [1], null))))).Problem, Is.EqualTo(OnnxProblem.DataMissing));
        Assert.That(Refused(Model(Graph((5, Tensor("W", OnnxModels.Float, [], null))))).Problem, Is.EqualTo(OnnxProblem.DataMissing), "a scalar has one element");
        Assert.DoesNotThrow(() => Inspect(Model(Graph((5, Tensor("W", 1, [0, 1L << 60, 1L << 60], null))))));
    }

    [Test]
    public void A_negative_or_endless_shape_of_a_tensor_is_refused()
    {
        Assert.That(Refused(Model(Graph((5, Tensor("W", 1, [-1], []))))).Message, Does.Contain("'W' has a negative dimension"));
        Assert.That(Refused(Model(Graph((5, Tensor("W", 1, [.. Enumerable.Repeat(1L, 65)], new byte[4]))))).Message, Does.Contain("more than 64 dimensions"));
    }

    [TestCase("ConstantOfShape", new[] { "big" })]
    [TestCase("Expand", new[] { "small", "big" })]
    [TestCase("Tile", new[] { "small", "big" })]
    public void An_operator_that_makes_much_of_little_is_flagged_and_above_the_limit_refused(string type, string[] inputs)
    {
        ProtobufWriter With(long width) => Model(Graph(
            (1, Node(type, inputs, ["y"])), (5, Shape("big", 1024, width)), (5, Tensor("small", OnnxModels.Float, [1], new byte[4]))));
        Assert.That(Inspect(With(1024)).LargeConstants, Is.Empty);
        Assert.That(Inspect(With(1 << 20)).LargeConstants, Is.EqualTo(new[] { new OnnxLargeConstant(type, "y", 1L << 32) }));
        var refused = Refused(With(1 << 20), OnnxLimits.Default with { MaxConstantBytes = (1L << 32) - 1 });
        Assert.That(refused.Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
        Assert.That(refused.Message, Is.EqualTo($"its {type} for 'y' makes a tensor of 4294967296 bytes (1024x1048576 elements), more than the 4294967295 that are allowed"));
        Assert.That(Refused(With(long.MaxValue), OnnxLimits.Default with { MaxConstantBytes = 1L << 40 }).Problem, Is.EqualTo(OnnxProblem.MemoryBomb), "sizes beyond 64 bits");
    }

    [Test]
    public void The_shape_may_come_from_a_node_or_an_attribute()
    {
        var limits = OnnxLimits.Default with { MaxConstantBytes = 1L << 30 };
        var value = new ProtobufWriter().Text(1, "value").Message(5, Shape("", 1 << 20, 1 << 20)).Number(20, 4);
        var numbers = new ProtobufWriter().Text(1, "value_ints").Number(8, 1 << 20).Number(8, 1 << 20).Number(20, 7);
        var shape = new ProtobufWriter().Text(1, "shape").Number(8, 1 << 20).Number(8, 1 << 20).Number(20, 7);
        foreach (var constant in new[] { value, numbers })
            Assert.That(Refused(Model(Graph((1, Node("Constant", [], ["s"], "", constant)), (1, Node("ConstantOfShape", ["s"], ["y"])))), limits).Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
        Assert.That(Refused(Model(Graph((1, Node("RandomNormal", [], ["y"], "", shape)))), limits).Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
    }

    [Test]
    public void The_shape_may_be_written_in_any_way()
    {
        var limits = OnnxLimits.Default with { MaxConstantBytes = 1L << 30 };
        ProtobufWriter Empty() => Tensor("s", OnnxModels.Int64, [2], null);
        var million = new byte[] { 0x80, 0x80, 0x40 };
        var shapes = new[] { Shape("s", 1 << 20, 1 << 20), Empty().Number(7, 1 << 20).Number(7, 1 << 20), Empty().Bytes(7, [.. million, .. million]), Empty().Bytes(7, million).Bytes(7, million) };
        foreach (var shape in shapes)
            Assert.That(Refused(Model(Graph((1, Node("ConstantOfShape", ["s"], ["y"])), (5, shape))), limits).Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
    }

    [Test]
    public void A_name_that_an_inner_graph_uses_again_hides_nothing()
    {
        var inner = Graph((5, Shape("s", 1)), (1, Node("Identity", ["s"], ["t"])));
        var model = Model(Graph((1, Node("If", ["c"], ["i"], "", Subgraph("then_branch", inner))), (1, Node("ConstantOfShape", ["s"], ["y"])), (5, Shape("s", 1 << 20, 1 << 20))));
        Assert.That(Refused(model, OnnxLimits.Default with { MaxConstantBytes = 1L << 30 }).Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
    }

    [Test]
    public void Nesting_without_end_is_refused()
    {
        var graph = Graph((1, Node("Add", ["a"], ["b"])));
        for (var depth = 0; depth < 16; depth++)
            graph = Graph((1, Node("If", ["c"], ["y"], "", Subgraph("then_branch", graph))));
        Assert.That(Refused(Model(graph)).Message, Is.EqualTo("it is nested deeper than 16 graphs"));
    }

    /// <summary>Readers of protocol buffers merge two messages where one belongs: ONNX Runtime would see what neither of them says.</summary>
    [Test]
    public void What_belongs_once_and_is_there_twice_is_refused()
    {
        var twoGraphs = Model(Graph((1, Node("Relu", ["x"], ["y"])))).Message(7, Graph());
        var twoTensors = Model(Graph((1, Node("Constant", [], ["c"], "", new ProtobufWriter().Text(1, "value").Message(5, Tensor("", 1, [1], new byte[4])).Message(5, Tensor("", 1, [1], new byte[4]))))));
        var twoTypes = Model(Graph((11, Value("x", 1, 1).Message(2, new ProtobufWriter()))));
        var twoKinds = Model(Graph((11, Typed("x", new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, 1)).Message(4, new ProtobufWriter())))));
        foreach (var model in new[] { twoGraphs, twoTensors, twoTypes, twoKinds })
            Assert.That(Refused(model).Problem, Is.EqualTo(OnnxProblem.Malformed));
    }

    [Test]
    public void What_is_no_model_is_said_to_be_none()
    {
        Assert.That(Refused([]).Message, Is.EqualTo("it has no graph"));
        Assert.That(Refused(new ProtobufWriter().Number(7, 1).ToArray()).Message, Is.EqualTo("it has no graph"), "a number where the graph belongs");
        foreach (var bytes in new[] { "not a model"u8.ToArray(), OnnxModels.Linear()[..^3], new ProtobufWriter().Text(2, "x").ToArray() })
            Assert.That(Refused(bytes).Problem, Is.EqualTo(OnnxProblem.NotAModel));
    }

    [Test]
    public void A_number_is_no_message()
    {
        var reader = new EnterpriseAI.ModelServer.Onnx.ProtobufReader(new ProtobufWriter().Number(7, 1).ToArray());
        Assert.That(reader.Read(), Is.True);
        Assert.That((reader.Field, reader.Holds(7)), Is.EqualTo((7, false)));
    }

    [Test]
    public void Every_count_and_length_has_a_bound()
    {
        var limits = new OnnxLimits { MaxNodes = 2, MaxTensors = 2, MaxValues = 2, MaxOperators = 2, MaxNameBytes = 8 };
        (int, ProtobufWriter)[] Three(int field, Func<int, ProtobufWriter> content) => [(field, content(0)), (field, content(1)), (field, content(2))];
        Assert.That(Refused(Model(Graph(Three(1, static _ => Node("A", [], []))), ("", 1)), limits).Message, Does.Contain("more than 2 nodes"));
        Assert.That(Refused(Model(Graph(Three(1, static index => Node($"A{index}", [], []))), ("", 1)), limits with { MaxNodes = 9 }).Message, Does.Contain("more than 2 operators"));
        Assert.That(Refused(Model(Graph(Three(5, static _ => Tensor("w", 1, [0], [])))), limits).Message, Does.Contain("more than 2 tensors"));
        Assert.That(Refused(Model(Graph(Three(11, static _ => Value("x", 1, 1)))), limits).Message, Does.Contain("more than 2 inputs or outputs"));
        Assert.That(Refused(Model(Graph(), ("", 1), ("", 2), ("", 3)), limits).Message, Does.Contain("more than 2 operator sets"));
        Assert.That(Refused(Model(Graph((1, Node(new string('x', 300), [], [])))), limits).Message, Does.Contain("of 300 bytes, more than 8"));
    }
}
