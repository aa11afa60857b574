using System.Buffers.Binary;

namespace EnterpriseAI.ModelServer.Tests.Onnx;

/// <summary>A message as a tree of fields, so that a change somewhere leaves every length around it right.</summary>
internal sealed class ProtobufTree
{
    private static readonly ulong[] Extremes = [0, 1, 2, 7, 127, 128, int.MaxValue, uint.MaxValue, long.MaxValue, ulong.MaxValue, 1UL << 40];
    private readonly List<Node> _fields = [];

    /// <returns>Null when the bytes are no message.</returns>
    public static ProtobufTree? Parse(ReadOnlySpan<byte> bytes, int depth)
    {
        var tree = new ProtobufTree();
        while (!bytes.IsEmpty)
        {
            if (!TryVarint(ref bytes, out var tag) || tag >> 3 is 0 or > 100)
                return null;
            var node = new Node { Field = (int)(tag >> 3), Wire = (int)(tag & 7) };
            ulong length = node.Wire switch { 1 => 8, 5 => 4, _ => 0 };
            if (node.Wire == 0 && !TryVarint(ref bytes, out node.Number) || node.Wire == 2 && !TryVarint(ref bytes, out length) || node.Wire is 3 or 4 or > 5 || length > (ulong)bytes.Length)
                return null;
            node.Content = bytes[..(int)length].ToArray();
            bytes = bytes[(int)length..];
            if (node.Wire == 2 && depth > 0 && node.Content.Length is > 1 and < 8192)
                node.Inner = Parse(node.Content, depth - 1);
            tree._fields.Add(node);
        }
        return tree;
    }

    public void Mutate(Random random, Func<ProtobufTree> other)
    {
        var place = this;
        while (place._fields.Count > 0 && random.Next(5) != 0 && place._fields[random.Next(place._fields.Count)].Inner is { } inner)
            place = inner;
        if (place._fields.Count == 0)
            return;
        var index = random.Next(place._fields.Count);
        var node = place._fields[index];
        switch (random.Next(9))
        {
            case 0: place._fields.RemoveAt(index); break;
            case 1: place._fields.Insert(random.Next(place._fields.Count + 1), node); break;
            case 2: (place._fields[index], place._fields[0]) = (place._fields[0], node); break;
            case 3: node.Number = Extremes[random.Next(Extremes.Length)]; break;
            case 4: node.Field = random.Next(1, 26); break;
            case 5: (node.Inner, node.Content) = (null, node.Content[..random.Next(node.Content.Length + 1)]); break;
            case 6: node.Wire = random.Next(6); break;
            // A message inside itself, a few times.
            case 7 when node.Inner is not null: node.Inner._fields.Add(new Node { Field = node.Field, Wire = 2, Content = node.Inner.ToArray() }); break;
            default:
                var donor = other();
                place._fields.Insert(index, donor._fields[random.Next(donor._fields.Count)]);
                break;
        }
    }

    public byte[] ToArray()
    {
        var bytes = new List<byte>();
        foreach (var node in _fields)
        {
            Varint(bytes, ((ulong)node.Field << 3) | (uint)node.Wire);
            var content = node.Inner?.ToArray() ?? node.Content;
            switch (node.Wire)
            {
                case 0: Varint(bytes, node.Number); break;
                case 1: bytes.AddRange(Fixed(node, 8)); break;
                case 5: bytes.AddRange(Fixed(node, 4)); break;
                default:
                    Varint(bytes, (ulong)content.Length);
                    bytes.AddRange(content);
                    break;
            }
        }
        return [.. bytes];
    }

    private static byte[] Fixed(Node node, int length)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, node.Number);
        return node.Content.Length >= length ? node.Content[..length] : bytes[..length];
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var index = 0; index < Math.Min(10, bytes.Length); index++)
        {
            value |= (ulong)(bytes[index] & 0x7F) << (7 * index);
            if (bytes[index] < 0x80)
            {
                bytes = bytes[(index + 1)..];
                return true;
            }
        }
        return false;
    }

    private static void Varint(List<byte> bytes, ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    private sealed class Node
    {
        public int Field;
        public int Wire;
        public ulong Number;
        public byte[] Content = [];
        public ProtobufTree? Inner;
    }
}
