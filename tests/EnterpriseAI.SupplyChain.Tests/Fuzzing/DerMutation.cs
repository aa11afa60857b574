namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Changes DER so that it mostly stays DER: values are taken apart to a tree, changed there, and written with the right lengths again.</summary>
internal static class DerMutation
{
    private const int MaxDepth = 32;

    // Identifiers of all that is read, and some that are not.
    private static readonly byte[][] ObjectIdentifiers =
    [
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02], [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A], [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0B],
        [0x2B, 0x65, 0x70], [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01], [0x2B, 0x81, 0x04, 0x00, 0x0A], [0x55, 0x1D, 0x25], [0x55, 0x1D, 0x11], [0x80, 0x01],
        [0x2B, 0x06, 0x01, 0x04, 0x01, 0xD6, 0x79, 0x02, 0x04, 0x02], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F],
    ];

    public static byte[] Change(byte[] der, Random random)
    {
        if (random.Next(6) == 0 || !TryRead(der, 0, out var nodes) || nodes.Count == 0)
            return ByteMutation.Change(der, random);
        for (var changes = random.Next(1, 4); changes > 0; changes--)
            ChangeOne(nodes, random);
        var output = new List<byte>(der.Length + 64);
        foreach (var node in nodes)
            node.Write(output, random);
        return [.. output];
    }

    private static void ChangeOne(List<Node> roots, Random random)
    {
        var all = new List<(List<Node> Siblings, int Index)>();
        Collect(roots, all);
        if (all.Count == 0)
            return;
        var (siblings, index) = all[random.Next(all.Count)];
        var node = siblings[index];
        switch (random.Next(11))
        {
            case 0:
                siblings.RemoveAt(index);
                break;
            case 1:
                for (var copies = random.Next(1, 70); copies > 0; copies--)
                    siblings.Insert(index, node.Copy());
                break;
            case 2:
                var (others, other) = all[random.Next(all.Count)];
                siblings[index] = others[other].Copy();
                break;
            case 3:
                (siblings[index], siblings[0]) = (siblings[0], siblings[index]);
                break;
            case 4:
                node.Tag = (byte)random.Next(256);
                break;
            case 5:
                node.Children = null;
                node.Value = new byte[random.Next(300)];
                random.NextBytes(node.Value);
                break;
            case 6:
                node.Length = random.Next(1, 6);
                break;
            case 7 when node.Tag == 6:
                node.Value = ObjectIdentifiers[random.Next(ObjectIdentifiers.Length)];
                break;
            case 8:
                siblings[index] = new Node { Tag = 0x30, Children = [node.Copy()] };
                break;
            case 9:
                siblings.Insert(index, new Node { Tag = 2, Value = [.. Enumerable.Repeat((byte)0x7F, random.Next(0, 40))] });
                break;
            default:
                if (node.Children is null)
                    node.Value = ByteMutation.Change(node.Value, random);
                else
                    node.Children.Clear();
                break;
        }
    }

    private static void Collect(List<Node> nodes, List<(List<Node>, int)> all)
    {
        for (var i = 0; i < nodes.Count; i++)
        {
            all.Add((nodes, i));
            if (nodes[i].Children is { } children)
                Collect(children, all);
        }
    }

    private static bool TryRead(ReadOnlySpan<byte> der, int depth, out List<Node> nodes)
    {
        nodes = [];
        while (!der.IsEmpty)
        {
            if (depth == MaxDepth || der.Length < 2 || (der[0] & 0x1F) == 0x1F)
                return false;
            var (length, header) = ((int)der[1], 2);
            if (length > 0x80)
            {
                header += length & 0x7F;
                if (header > 5 || der.Length < header)
                    return false;
                length = 0;
                foreach (var part in der[2..header])
                    length = (length << 8) | part;
            }
            if (length == 0x80 && header == 2 || length > der.Length - header)
                return false;
            var value = der.Slice(header, length);
            // Extensions and tokens hold DER in octet strings, and keys in bit strings.
            var (wrapped, skip) = (der[0] is 0x04 or 0x03, der[0] is 0x03 ? 1 : 0);
            List<Node>? children = null;
            if (((der[0] & 0x20) != 0 || (wrapped && length > skip && value[skip] is 0x30 or 0x04 or 0x03)) && TryRead(value[Math.Min(skip, length)..], depth + 1, out var read))
                children = read;
            nodes.Add(new Node { Tag = der[0], Value = children is null ? value.ToArray() : value[..Math.Min(skip, length)].ToArray(), Children = children });
            der = der[(header + length)..];
        }
        return true;
    }

    private sealed class Node
    {
        public byte Tag { get; set; }

        /// <summary>The value, or what stands before the children.</summary>
        public byte[] Value { get; set; } = [];

        public List<Node>? Children { get; set; }

        /// <summary>The number of bytes of the length; 0 for as many as DER asks for.</summary>
        public int Length { get; set; }

        public Node Copy() => new() { Tag = Tag, Value = Value, Length = Length, Children = Children?.ConvertAll(static child => child.Copy()) };

        public void Write(List<byte> output, Random random)
        {
            var content = new List<byte>(Value);
            foreach (var child in Children ?? [])
                child.Write(content, random);
            output.Add(Tag);
            // Once in a while a length that is not true.
            var length = random.Next(400) == 0 ? random.Next(content.Count * 2 + 2) : content.Count;
            if (Length == 0 && length < 0x80)
            {
                output.Add((byte)length);
            }
            else
            {
                var bytes = Length > 0 ? Length : length < 1 << 8 ? 1 : length < 1 << 16 ? 2 : 3;
                output.Add((byte)(0x80 | bytes));
                for (var i = bytes - 1; i >= 0; i--)
                    output.Add(i > 3 ? (byte)0 : (byte)(length >> (8 * i)));
            }
            output.AddRange(content);
        }
    }
}
