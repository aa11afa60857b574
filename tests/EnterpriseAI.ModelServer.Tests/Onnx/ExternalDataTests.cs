using EnterpriseAI.ModelServer.Onnx;
using EnterpriseAI.ModelServer.Serving;
using static EnterpriseAI.ModelServer.Tests.Onnx.GraphWriter;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>Weights in other files: each must be a file of the artifact and hold what the model says.</summary>
public class ExternalDataTests
{
    private static readonly Dictionary<string, long> Files = new() { ["weights.bin"] = 100, ["sub/more.bin"] = 8 };

    private static string? RefusalOf(params (string Key, string Value)[] entries) =>
        OnnxExternalData.RefusalOf(OnnxInspector.Inspect(Model(Graph((5, External("W", OnnxModels.Float, [3, 2], entries)))).ToArray()), Files);

    [TestCase("weights.bin", null, null)]
    [TestCase("weights.bin", "76", "24")]
    [TestCase("weights.bin", "0", "100")]
    public void What_lies_within_a_file_is_welcome(string location, string? offset, string? length) => Assert.That(RefusalOf(Entries(location, offset, length)), Is.Null);

    [TestCase("../weights.bin", null, null, "'../weights.bin', which is not a file of the artifact")]
    [TestCase("/etc/passwd", null, null, "'/etc/passwd', which is not a file of the artifact")]
    [TestCase("./weights.bin", null, null, "which is not a file of the artifact")]
    [TestCase("sub\\more.bin", null, null, "which is not a file of the artifact")]
    [TestCase("*/_ORT_MEM_ADDR_/*", null, null, "which is not a file of the artifact")]
    [TestCase("", null, null, "which is not a file of the artifact")]
    [TestCase("weights.bin", "77", "24", "its weights 'W' lie at 77 in 'weights.bin' with 24 bytes, beyond the file's 100 bytes")]
    [TestCase("weights.bin", "101", null, "beyond the file's 100 bytes")]
    [TestCase("weights.bin", "9223372036854775807", "9223372036854775807", "beyond the file's 100 bytes")]
    [TestCase("weights.bin", "0", "23", "its weights 'W' need 24 bytes, more than lie for them")]
    [TestCase("weights.bin", "90", null, "need 24 bytes")]
    [TestCase("sub/more.bin", null, null, "need 24 bytes")]
    public void What_does_not_is_refused(string location, string? offset, string? length, string expected) =>
        Assert.That(RefusalOf(Entries(location, offset, length)), Does.Contain(expected));

    [TestCase("offset", "-1")]
    [TestCase("length", "1e9")]
    [TestCase("length", "99999999999999999999")]
    public void A_place_that_is_no_number_is_refused(string key, string value) =>
        Assert.That(Assert.Throws<OnnxInspectionException>(() => RefusalOf(("location", "weights.bin"), (key, value)))!.Message, Does.Contain($"the {key} '{value}'").And.Contain("no whole number"));

    [Test]
    public void Data_that_lies_nowhere_is_refused() =>
        Assert.That(Assert.Throws<OnnxInspectionException>(() => RefusalOf())!.Message, Does.Contain("does not say where"));

    [Test]
    public void Only_weights_of_the_graph_itself_may_lie_elsewhere()
    {
        var tensor = External("v", OnnxModels.Float, [1], ("location", "weights.bin"));
        var attribute = Node("Constant", [], ["c"], "", new ProtobufWriter().Text(1, "value").Message(5, tensor));
        var inList = Node("Some", [], ["c"], "", new ProtobufWriter().Text(1, "values").Message(10, tensor));
        var branch = Node("If", ["c"], ["y"], "", Subgraph("then_branch", Graph((5, tensor))));
        var sparse = new ProtobufWriter().Message(1, tensor);
        var inSparse = Node("Constant", [], ["c"], "", new ProtobufWriter().Text(1, "sparse_value").Message(22, sparse));
        var graphs = new[] { Graph((1, attribute)), Graph((1, inList)), Graph((1, branch)), Graph((15, sparse)), Graph((1, inSparse)) };
        var models = graphs.Select(static graph => Model(graph)).Append(Model(Graph()).Message(25, new ProtobufWriter().Message(7, attribute)))
            .Append(Model(Graph()).Message(25, new ProtobufWriter().Message(11, new ProtobufWriter().Message(5, tensor))))
            .Append(Model(Graph()).Message(20, new ProtobufWriter().Message(1, Graph((5, tensor)))));
        foreach (var model in models)
            Assert.That(OnnxExternalData.RefusalOf(OnnxInspector.Inspect(model.ToArray()), Files), Does.Contain("only the weights of the graph itself may lie in other files"));
    }

    private static (string, string)[] Entries(string location, string? offset, string? length) =>
        [("location", location), .. offset is null ? [] : new[] { ("offset", offset) }, .. length is null ? [] : new[] { ("length", length) }];
}
