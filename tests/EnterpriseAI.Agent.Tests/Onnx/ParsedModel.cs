using System.Runtime.InteropServices;
using Google.Protobuf;

namespace EnterpriseAI.Agent.Tests.Onnx;

/// <summary>An ONNX file read back by ONNX's field numbers, written down here once more on purpose.</summary>
internal sealed class ParsedModel
{
    public long IrVersion { get; private set; }

    public long OperatorSet { get; private set; }

    public Dictionary<string, string> Metadata { get; } = [];

    public List<ParsedNode> Nodes { get; } = [];

    public Dictionary<string, ParsedTensor> Constants { get; } = [];

    public List<ParsedValue> Inputs { get; } = [];

    public List<ParsedValue> Outputs { get; } = [];

    public static ParsedModel Parse(byte[] bytes)
    {
        var model = new ParsedModel();
        foreach (var (field, value) in Fields(bytes))
        {
            switch (field)
            {
                case 1: model.IrVersion = (long)value; break;
                case 7: model.ReadGraph((byte[])value); break;
                case 8: model.OperatorSet = (long)Fields((byte[])value).Single(entry => entry.Field == 2).Value; break;
                case 14:
                    var pair = Fields((byte[])value).ToDictionary(entry => entry.Field, entry => Text(entry.Value));
                    model.Metadata.Add(pair[1], pair[2]);
                    break;
            }
        }

        return model;
    }

    private void ReadGraph(byte[] bytes)
    {
        foreach (var (field, value) in Fields(bytes))
        {
            switch (field)
            {
                case 1: Nodes.Add(ReadNode((byte[])value)); break;
                case 5:
                    var tensor = ReadTensor((byte[])value);
                    Constants.Add(tensor.Name, tensor);
                    break;
                case 11: Inputs.Add(ReadValue((byte[])value)); break;
                case 12: Outputs.Add(ReadValue((byte[])value)); break;
            }
        }
    }

    private static ParsedNode ReadNode(byte[] bytes)
    {
        var fields = Fields(bytes).ToList();
        var attributes = fields.Where(entry => entry.Field == 5).Select(entry => Fields((byte[])entry.Value).ToList())
            .ToDictionary(attribute => Text(attribute.Single(entry => entry.Field == 1).Value), attribute => attribute);
        return new ParsedNode(
            Text(fields.Single(entry => entry.Field == 4).Value),
            [.. fields.Where(entry => entry.Field == 1).Select(entry => Text(entry.Value))],
            [.. fields.Where(entry => entry.Field == 2).Select(entry => Text(entry.Value))],
            attributes.Where(attribute => attribute.Value.Exists(entry => entry.Field == 3))
                .ToDictionary(attribute => attribute.Key, attribute => (long)attribute.Value.Single(entry => entry.Field == 3).Value),
            [.. attributes.Values.Select(attribute => (long)attribute.Single(entry => entry.Field == 20).Value)]);
    }

    private static ParsedTensor ReadTensor(byte[] bytes)
    {
        var fields = Fields(bytes).ToList();
        return new ParsedTensor(
            Text(fields.Single(entry => entry.Field == 8).Value),
            (long)fields.Single(entry => entry.Field == 2).Value,
            [.. fields.Where(entry => entry.Field == 1).Select(entry => (long)entry.Value)],
            (byte[])fields.Single(entry => entry.Field == 9).Value);
    }

    private static ParsedValue ReadValue(byte[] bytes)
    {
        var fields = Fields(bytes).ToDictionary(entry => entry.Field, entry => entry.Value);
        var tensor = Fields((byte[])Fields((byte[])fields[2]).Single().Value).ToDictionary(entry => entry.Field, entry => entry.Value);
        string[] shape = [.. Fields((byte[])tensor[2]).Select(entry => Fields((byte[])entry.Value).Single())
            .Select(entry => entry.Field == 1 ? $"{(long)entry.Value}" : Text(entry.Value))];
        return new ParsedValue(Text(fields[1]), (long)tensor[1], shape);
    }

    private static string Text(object value) => System.Text.Encoding.UTF8.GetString((byte[])value);

    private static IEnumerable<(int Field, object Value)> Fields(byte[] bytes)
    {
        var input = new CodedInputStream(bytes);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            yield return (WireFormat.GetTagFieldNumber(tag), WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => input.ReadInt64(),
                WireFormat.WireType.LengthDelimited => input.ReadBytes().ToByteArray(),
                WireFormat.WireType.Fixed32 => input.ReadFloat(),
                var type => throw new InvalidDataException($"wire type {type}"),
            });
        }
    }
}

internal sealed record ParsedNode(string Operator, string[] Inputs, string[] Outputs, Dictionary<string, long> Integers, long[] AttributeTypes);

internal sealed record ParsedValue(string Name, long Type, string[] Shape);

internal sealed record ParsedTensor(string Name, long Type, long[] Dimensions, byte[] Data)
{
    public float[] Floats => MemoryMarshal.Cast<byte, float>(Data).ToArray();

    public long[] Integers => MemoryMarshal.Cast<byte, long>(Data).ToArray();
}
