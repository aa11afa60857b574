using EnterpriseAI.ModelServer.Onnx;
using static EnterpriseAI.ModelServer.Tests.Onnx.GraphWriter;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>Models with one thing wrong each, which without one of the inspector's checks would be taken.</summary>
public class OnnxRefusalTests
{
    private static OnnxInspectionException Refused(byte[] model, OnnxLimits? limits = null) =>
        Assert.Throws<OnnxInspectionException>(() => OnnxInspector.Inspect(model, limits))!;

    private static IEnumerable<TestCaseData> Messages()
    {
        yield return Message("a field of number zero", [0x02, 0x00]);
        yield return Message("a field beyond the largest number", [0x82, 0x80, 0x80, 0x80, 0x10, 0x00]);
        yield return Message("the begin of a group", [0x0B]);
        yield return Message("the end of a group", [0x0C]);
        yield return Message("a wire type that is none", [0x0E, 0x00]);
        yield return Message("a length beyond the end", [0x12, 0x05, 0x61]);
        yield return Message("a length beyond 63 bits", [0x12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
        yield return Message("eight bytes of which four are there", [0x09, 0, 0, 0, 0]);
        yield return Message("four bytes of which two are there", [0x0D, 0, 0]);
        yield return Message("a number without an end", [0x08, 0x80, 0x80]);
        yield return Message("a number of eleven bytes", [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00]);

        static TestCaseData Message(string name, byte[] bytes) => new TestCaseData(bytes).SetArgDisplayNames(name);
    }

    [TestCaseSource(nameof(Messages))]
    public void A_message_that_is_not_well_formed_is_no_model(byte[] bytes)
    {
        byte[] good = Model(Graph()).ToArray();
        Assert.DoesNotThrow(() => OnnxInspector.Inspect(good));
        Assert.That(Refused([.. good, .. bytes]).Problem, Is.EqualTo(OnnxProblem.NotAModel));
    }

    [Test]
    public void What_belongs_once_is_there_once_at_every_place()
    {
        var tensor = Tensor("v", OnnxModels.Float, [1], new byte[4]);
        var sparse = new ProtobufWriter().Message(1, tensor).Message(2, Shape("i", 0));
        var shape = new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, 2));
        var models = new[]
        {
            Model(Graph((1, Node("If", ["c"], ["y"], "", new ProtobufWriter().Text(1, "then_branch").Message(6, Graph()).Message(6, Graph()))))),
            Model(Graph((1, Node("Constant", [], ["c"], "", new ProtobufWriter().Text(1, "sparse_value").Message(22, sparse).Message(22, sparse))))),
            Model(Graph((15, new ProtobufWriter().Message(1, tensor).Message(1, tensor)))),
            Model(Graph((15, new ProtobufWriter().Message(2, Shape("i", 0)).Message(2, Shape("i", 0))))),
            Model(Graph((11, Typed("x", new ProtobufWriter().Message(1, new ProtobufWriter().Number(1, 1).Message(2, shape).Message(2, shape)))))),
        };
        foreach (var model in models)
            Assert.That(Refused(model.ToArray()).Problem, Is.EqualTo(OnnxProblem.Malformed));
    }

    [Test]
    public void Every_name_has_a_bound()
    {
        var limits = new OnnxLimits { MaxNameBytes = 200 };
        var longName = new string('x', 201);
        (string What, ProtobufWriter Model)[] models =
        [
            ("producer", new ProtobufWriter().Number(1, 9).Text(2, longName).Message(7, Graph())),
            ("producer's version", new ProtobufWriter().Number(1, 9).Text(3, longName).Message(7, Graph())),
            ("domain", Model(Graph((1, Node("A", [], [], longName))))),
            ("domain", Model(Graph(), (longName, 1))),
            ("domain", Model(Graph()).Message(25, new ProtobufWriter().Text(10, longName))),
            ("function", Model(Graph()).Message(25, new ProtobufWriter().Text(1, longName))),
            ("operator", Model(Graph((1, Node(longName, [], []))))),
            ("tensor", Model(Graph((5, Tensor(longName, 1, [0], []))))),
            ("input or output", Model(Graph((11, Value(longName, 1, 1))))),
            ("location", Model(Graph((5, External("W", 1, [1], ("location", longName)))))),
            ("offset", Model(Graph((5, External("W", 1, [1], ("location", "w"), ("offset", longName)))))),
            ("length", Model(Graph((5, External("W", 1, [1], ("location", "w"), ("length", longName)))))),
        ];
        foreach (var (what, model) in models)
            Assert.That(Refused(model.ToArray(), limits).Message, Does.Contain($"it has the name of a {what} of 201 bytes, more than 200"), what);
    }

    [Test]
    public void Functions_dimensions_and_inner_tensors_are_counted_too()
    {
        var model = Model(Graph());
        for (var count = 0; count < 3; count++)
            model = model.Message(25, new ProtobufWriter().Text(1, $"f{count}"));
        Assert.That(Refused(model.ToArray(), new OnnxLimits { MaxOperators = 2 }).Message, Does.Contain("more than 2 functions"));
        Assert.That(Refused(Model(Graph((11, Value("x", 1, [.. Enumerable.Repeat(1L, 65)])))).ToArray()).Message, Does.Contain("an input or output of more than 64 dimensions"));
        var list = new ProtobufWriter().Text(1, "values");
        for (var count = 0; count < 3; count++)
            list.Message(10, Tensor("t", OnnxModels.Float, [0], []));
        Assert.That(Refused(Model(Graph((1, Node("Some", [], [], "", list)))).ToArray(), new OnnxLimits { MaxTensors = 2 }).Message, Does.Contain("more than 2 tensors"));
        Assert.That(Refused(Model(Graph((12, Value("x", 1, 1)), (12, Value("y", 1, 1)), (12, Value("z", 1, 1)))).ToArray(), new OnnxLimits { MaxValues = 2 }).Message, Does.Contain("more than 2 inputs or outputs"));
    }

    [Test]
    public void What_lies_elsewhere_is_found_in_every_list_of_graphs()
    {
        var tensor = External("v", OnnxModels.Float, [1], ("location", "weights.bin"));
        var inGraphs = new ProtobufWriter().Text(1, "branches").Message(11, Graph((5, tensor)));
        var inSparseList = new ProtobufWriter().Text(1, "values").Message(23, new ProtobufWriter().Message(1, tensor));
        var second = new ProtobufWriter().Message(2, Graph((5, tensor)));
        var models = new[] { Model(Graph((1, Node("A", [], [], "", inGraphs)))), Model(Graph((1, Node("A", [], [], "", inSparseList)))), Model(Graph()).Message(20, second) };
        foreach (var model in models)
            Assert.That(OnnxInspector.Inspect(model.ToArray()).ExternalTensors.Select(static external => external.IsWeight), Is.EqualTo(new[] { false }));
    }

    [Test]
    public void Large_constants_are_listed_up_to_a_thousand()
    {
        var nodes = Enumerable.Range(0, 1001).Select(static number => (1, Node("ConstantOfShape", ["s"], [$"y{number}"])));
        var model = Model(Graph([.. nodes, (5, Shape("s", ConstantSizes.LargeBytes / 4))]));
        Assert.That(OnnxInspector.Inspect(model.ToArray()).LargeConstants, Has.Count.EqualTo(1000));
    }

    [Test]
    public void Lists_of_numbers_count_also_when_they_are_packed()
    {
        var limits = OnnxLimits.Default with { MaxConstantBytes = 1L << 30 };
        byte[] million = [0x80, 0x80, 0x40];
        var packed = new ProtobufWriter().Text(1, "value_ints").Bytes(8, [.. million, .. million]).Number(20, 7);
        Assert.That(Refused(Model(Graph((1, Node("Constant", [], ["s"], "", packed)), (1, Node("ConstantOfShape", ["s"], ["y"])))).ToArray(), limits).Problem, Is.EqualTo(OnnxProblem.MemoryBomb));
        var tensor = new ProtobufWriter().Bytes(1, [.. million, .. million]).Number(2, OnnxModels.Float).Text(8, "W").Bytes(9, new byte[4]);
        Assert.That(Refused(Model(Graph((5, tensor))).ToArray()).Problem, Is.EqualTo(OnnxProblem.DataMissing));
        var endless = new ProtobufWriter().Bytes(1, [.. Enumerable.Repeat((byte)1, 65)]).Number(2, OnnxModels.Float).Text(8, "W").Bytes(9, new byte[4]);
        Assert.That(Refused(Model(Graph((5, endless))).ToArray()).Message, Does.Contain("more than 64 dimensions"));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void A_list_of_more_numbers_than_dimensions_is_no_shape(bool packed)
    {
        var numbers = new ProtobufWriter().Text(1, "value_ints");
        if (packed)
        {
            numbers.Bytes(8, [.. Enumerable.Repeat((byte)2, 70)]);
        }
        else
        {
            for (var count = 0; count < 70; count++)
                numbers.Number(8, 2);
        }
        var model = Model(Graph((1, Node("Constant", [], ["s"], "", numbers)), (1, Node("ConstantOfShape", ["s"], ["y"]))));
        Assert.DoesNotThrow(() => OnnxInspector.Inspect(model.ToArray(), OnnxLimits.Default with { MaxConstantBytes = 1 << 20 }));
    }

    [Test]
    public void What_an_operator_makes_is_as_large_as_its_type_and_of_an_unknown_shape_nothing_is_said()
    {
        var shape = new ProtobufWriter().Text(1, "shape").Number(8, ConstantSizes.LargeBytes / 8).Number(20, 7);
        var wide = new ProtobufWriter().Text(1, "dtype").Number(3, TensorSizes.Double).Number(20, 2);
        Assert.That(OnnxInspector.Inspect(Model(Graph((1, Node("RandomNormal", [], ["y"], "", shape, wide)))).ToArray()).LargeConstants, Is.EqualTo(new[] { new OnnxLargeConstant("RandomNormal", "y", ConstantSizes.LargeBytes) }));
        Assert.That(OnnxInspector.Inspect(Model(Graph((1, Node("RandomNormal", [], ["y"], "", shape)))).ToArray()).LargeConstants, Is.Empty);
        Assert.That(OnnxInspector.Inspect(Model(Graph((1, Node("ConstantOfShape", ["x"], ["y"])), (11, Value("x", OnnxModels.Int64, 2)))).ToArray()).LargeConstants, Is.Empty);
    }

    [Test]
    public void A_tensor_that_names_a_place_lies_there_even_if_it_brings_data_and_does_not_say_so()
    {
        var tensor = Tensor("W", OnnxModels.Float, [1], new byte[4]).Message(13, new ProtobufWriter().Text(1, "location").Text(2, "weights.bin"));
        Assert.That(OnnxInspector.Inspect(Model(Graph((5, tensor))).ToArray()).ExternalTensors.Select(static external => external.Location), Is.EqualTo(new[] { "weights.bin" }));
    }

    [Test]
    public void The_shape_of_a_sparse_tensor_is_no_tensor()
    {
        var sparse = new ProtobufWriter().Message(1, Tensor("v", OnnxModels.Float, [1], new byte[4])).Bytes(3, [0x02, 0x02]);
        Assert.DoesNotThrow(() => OnnxInspector.Inspect(Model(Graph((15, sparse))).ToArray()));
    }
}
