using System.Runtime.InteropServices;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Onnx;

/// <summary>Reads what an ONNX file is, without running it and without copying its weights.</summary>
/// <remarks>
/// Time and memory are bounded by the file and by <see cref="OnnxLimits"/>, whatever the bytes are.
/// Caveats: sizes that depend on inputs, or on what operators compute, are not known here, so a model may still take more
/// memory than there is. The file is one protocol buffers message, which has 2 GiB at most: larger models keep weights in other files.
/// </remarks>
internal sealed class OnnxInspector
{
    private readonly OnnxLimits _limits;
    private readonly Dictionary<(string Domain, string Name), int> _operators = [];
    private readonly HashSet<(string Domain, string Name)> _functions = [];
    private readonly List<OnnxOpset> _opsets = [];
    private readonly List<OnnxValue> _inputs = [];
    private readonly List<OnnxValue> _outputs = [];
    private readonly List<OnnxExternalTensor> _external = [];
    private readonly HashSet<string> _weights = [];
    private readonly ConstantSizes _constants;
    private int _nodes;
    private int _tensors;

    private OnnxInspector(OnnxLimits limits) => (_limits, _constants) = (limits, new ConstantSizes(limits));

    /// <param name="model">The file.</param>
    /// <param name="limits">Bounds; <see cref="OnnxLimits.Default"/> if left out.</param>
    /// <exception cref="OnnxInspectionException">It is no model, or one that no honest writer makes.</exception>
    public static OnnxDescription Inspect(ReadOnlySpan<byte> model, OnnxLimits? limits = null) => new OnnxInspector(limits ?? OnnxLimits.Default).Model(model);

    private OnnxDescription Model(ReadOnlySpan<byte> message)
    {
        long irVersion = 0;
        string producer = "", producerVersion = "";
        var once = new Once("model");
        var hasGraph = false;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader is { Field: 1, Wire: WireType.Number })
                irVersion = reader.Number;
            if (reader.Wire != WireType.Bytes)
                continue;
            switch (reader.Field)
            {
                case 2:
                    producer = OnnxText.Name(reader.Content, "producer", _limits);
                    break;
                case 3:
                    producerVersion = OnnxText.Name(reader.Content, "producer's version", _limits);
                    break;
                case 7:
                    once.Take(7);
                    hasGraph = true;
                    Graph(reader.Content, 1, isMain: true);
                    break;
                case 8:
                    Opset(reader.Content);
                    break;
                case 20:
                    Training(reader.Content);
                    break;
                case 25:
                    Function(reader.Content);
                    break;
            }
        }
        if (!hasGraph)
            throw new OnnxInspectionException(OnnxProblem.NotAModel, "it has no graph");
        var operators = _operators.OrderByDescending(static entry => entry.Value).ThenBy(static entry => entry.Key.Domain, StringComparer.Ordinal).ThenBy(static entry => entry.Key.Name, StringComparer.Ordinal)
            .Select(static entry => new OnnxOperator(entry.Key.Domain, entry.Key.Name, entry.Value)).ToList();
        return new OnnxDescription
        {
            IrVersion = irVersion,
            Producer = $"{producer} {producerVersion}".Trim() is { Length: > 0 } text ? text : null,
            Opsets = _opsets,
            Inputs = [.. _inputs.Where(input => !_weights.Contains(input.Name))],
            Outputs = _outputs,
            Operators = operators,
            CustomOperators = [.. operators.Where(used => !OnnxDomains.IsKnown(used.Domain) && !_functions.Contains((used.Domain, used.Name)))],
            ExternalTensors = _external,
            LargeConstants = _constants.Large,
        };
    }

    private void Graph(ReadOnlySpan<byte> message, int depth, bool isMain = false)
    {
        if (depth > _limits.MaxDepth)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it is nested deeper than {_limits.MaxDepth} graphs");
        // The nodes come first in the file, and the sizes of what they make are told by the tensors.
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Wire != WireType.Bytes)
                continue;
            switch (reader.Field)
            {
                case 5:
                    Weight(Tensor(reader.Content, isMain), isMain);
                    break;
                case 11 or 12 when isMain:
                    Add(reader.Field == 11 ? _inputs : _outputs, Value(reader.Content), _limits.MaxValues, "inputs or outputs");
                    break;
                case 15:
                    Weight(SparseTensor(reader.Content), isMain);
                    break;
            }
        }
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1))
                Node(reader.Content, depth);
        }
    }

    private void Weight(TensorInfo tensor, bool isMain)
    {
        _constants.Add(tensor.Name, tensor);
        if (isMain)
            _weights.Add(tensor.Name);
    }

    private void Node(ReadOnlySpan<byte> message, int depth)
    {
        if (++_nodes > _limits.MaxNodes)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has more than {_limits.MaxNodes} nodes");
        string type = "", domain = "";
        ReadOnlySpan<byte> output = default, first = default, second = default;
        int inputs = 0, outputs = 0;
        var made = new ConstantAttributes();
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Wire != WireType.Bytes)
                continue;
            switch (reader.Field)
            {
                case 1:
                    if (inputs++ == 0)
                        first = reader.Content;
                    else if (inputs == 2)
                        second = reader.Content;
                    break;
                case 2:
                    if (outputs++ == 0)
                        output = reader.Content;
                    break;
                case 4:
                    type = OnnxText.Name(reader.Content, "operator", _limits);
                    break;
                case 5:
                    Attribute(reader.Content, depth, ref made);
                    break;
                case 7:
                    domain = OnnxText.Name(reader.Content, "domain", _limits);
                    break;
            }
        }
        domain = OnnxDomains.Named(domain);
        CollectionsMarshal.GetValueRefOrAddDefault(_operators, (domain, type), out _)++;
        if (_operators.Count > _limits.MaxOperators)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has more than {_limits.MaxOperators} operators that differ");
        if (domain == OnnxDomains.Standard)
            _constants.Node(type, first, second, output, made);
    }

    private void Attribute(ReadOnlySpan<byte> message, int depth, ref ConstantAttributes made)
    {
        var once = new Once("attribute");
        ReadOnlySpan<byte> name = default;
        TensorInfo? value = null;
        long? number = null;
        var numbers = new List<long>();
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            switch (reader.Field, reader.Wire)
            {
                case (1, WireType.Bytes):
                    name = reader.Content;
                    break;
                case (3, WireType.Number):
                    number = reader.Number;
                    break;
                case (5, WireType.Bytes):
                    once.Take(5);
                    value = Tensor(reader.Content, isWeight: false);
                    break;
                case (6, WireType.Bytes):
                    once.Take(6);
                    Graph(reader.Content, depth + 1);
                    break;
                case (8, WireType.Number) when numbers.Count <= _limits.MaxDimensions:
                    numbers.Add(reader.Number);
                    break;
                case (8, WireType.Bytes):
                    for (var rest = reader.Content; !rest.IsEmpty && numbers.Count <= _limits.MaxDimensions;)
                        numbers.Add((long)ProtobufReader.Varint(ref rest));
                    break;
                case (10, WireType.Bytes):
                    Tensor(reader.Content, isWeight: false);
                    break;
                case (11, WireType.Bytes):
                    Graph(reader.Content, depth + 1);
                    break;
                case (22, WireType.Bytes):
                    once.Take(22);
                    SparseTensor(reader.Content);
                    break;
                case (23, WireType.Bytes):
                    SparseTensor(reader.Content);
                    break;
            }
        }
        if (name.SequenceEqual("value"u8))
            made.Value = value;
        else if (name.SequenceEqual("value_ints"u8) || name.SequenceEqual("shape"u8))
            made.Numbers = numbers.Count <= _limits.MaxDimensions ? [.. numbers] : null;
        else if (name.SequenceEqual("dtype"u8))
            made.Type = number;
    }

    private TensorInfo Tensor(ReadOnlySpan<byte> message, bool isWeight)
    {
        if (++_tensors > _limits.MaxTensors)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has more than {_limits.MaxTensors} tensors");
        var tensor = TensorReader.Read(message, isWeight, _limits);
        if (tensor.External is { } external)
            _external.Add(external);
        return tensor;
    }

    // Its data is never a weight that may lie elsewhere: ONNX Runtime would look for it on the disk.
    private TensorInfo SparseTensor(ReadOnlySpan<byte> message)
    {
        var once = new Once("sparse tensor");
        var values = default(TensorInfo);
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (!reader.Holds(1) && !reader.Holds(2))
                continue;
            once.Take(reader.Field);
            var tensor = Tensor(reader.Content, isWeight: false);
            values = reader.Field == 1 ? tensor : values;
        }
        return values with { Name = values.Name ?? "" };
    }

    private void Training(ReadOnlySpan<byte> message)
    {
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1) || reader.Holds(2))
                Graph(reader.Content, 1);
        }
    }

    private void Function(ReadOnlySpan<byte> message)
    {
        string name = "", domain = "";
        var unused = new ConstantAttributes();
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1))
                name = OnnxText.Name(reader.Content, "function", _limits);
            else if (reader.Holds(7))
                Node(reader.Content, 1);
            else if (reader.Holds(10))
                domain = OnnxText.Name(reader.Content, "domain", _limits);
            else if (reader.Holds(11))
                Attribute(reader.Content, 1, ref unused);
        }
        if (_functions.Count >= _limits.MaxOperators)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has more than {_limits.MaxOperators} functions");
        _functions.Add((OnnxDomains.Named(domain), name));
    }

    private void Opset(ReadOnlySpan<byte> message)
    {
        var domain = "";
        long version = 0;
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1))
                domain = OnnxText.Name(reader.Content, "domain", _limits);
            else if (reader is { Field: 2, Wire: WireType.Number })
                version = reader.Number;
        }
        Add(_opsets, new OnnxOpset(OnnxDomains.Named(domain), version), _limits.MaxOperators, "operator sets");
    }

    private OnnxValue Value(ReadOnlySpan<byte> message)
    {
        var once = new Once("input or output");
        var name = "";
        var type = default((string Datatype, TensorElementType Type, IReadOnlyList<long> Shape));
        for (var reader = new ProtobufReader(message); reader.Read();)
        {
            if (reader.Holds(1))
                name = OnnxText.Name(reader.Content, "input or output", _limits);
            else if (reader.Holds(2))
            {
                once.Take(2);
                type = OnnxValueType.Read(reader.Content, _limits);
            }
        }
        return new OnnxValue(name, type.Datatype ?? "", type.Type, type.Shape ?? []);
    }

    private static void Add<T>(List<T> list, T item, int allowed, string what)
    {
        if (list.Count >= allowed)
            throw new OnnxInspectionException(OnnxProblem.TooComplex, $"it has more than {allowed} {what}");
        list.Add(item);
    }

    /// <summary>
    /// Refuses a second message where one belongs. Readers of protocol buffers merge the two, so that what each of them says
    /// would not be what ONNX Runtime sees.
    /// </summary>
    private ref struct Once(string what)
    {
        private int _taken;

        public void Take(int field)
        {
            if ((_taken & 1 << field) != 0)
                throw new OnnxInspectionException(OnnxProblem.Malformed, $"its {what} has field {field} twice");
            _taken |= 1 << field;
        }
    }
}
