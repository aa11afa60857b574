using System.Text;

namespace EnterpriseAI.SupplyChain.Tests.Fuzzing;

/// <summary>Changes bytes of any kind.</summary>
internal static class ByteMutation
{
    public static byte[] Change(byte[] input, Random random)
    {
        var bytes = new List<byte>(input);
        for (var changes = random.Next(1, 5); changes > 0; changes--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (random.Next(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.Insert(at, "\"{}[]:,\\\n \0=/+-."u8[random.Next(16)]);
                    break;
                case 3 when at < bytes.Count:
                    bytes.RemoveRange(at, random.Next(1, Math.Min(bytes.Count - at, 40) + 1));
                    break;
                case 4 when at < bytes.Count:
                    bytes.InsertRange(at, bytes.GetRange(at, random.Next(1, Math.Min(bytes.Count - at, 60) + 1)));
                    break;
                case 5 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}

/// <summary>Changes text of lines: lines go, come twice, change places or grow.</summary>
internal static class LineMutation
{
    public static byte[] Change(byte[] input, Random random) => Encoding.UTF8.GetBytes(Change(Encoding.UTF8.GetString(input), random));

    public static string Change(string text, Random random)
    {
        var lines = text.Split('\n').ToList();
        for (var changes = random.Next(1, 3); changes > 0; changes--)
        {
            var at = random.Next(lines.Count);
            switch (random.Next(7))
            {
                case 0 when lines.Count > 1:
                    lines.RemoveAt(at);
                    break;
                case 1:
                    lines.InsertRange(at, Enumerable.Repeat(lines[at], random.Next(1, 100)));
                    break;
                case 2:
                    (lines[at], lines[0]) = (lines[0], lines[at]);
                    break;
                case 3:
                    lines.Insert(at, "");
                    break;
                case 4:
                    lines[at] = lines[at] + new string("A=— 0\r"[random.Next(6)], random.Next(1, 200));
                    break;
                case 5:
                    lines[at] = new[] { "0", "-1", "01", "18446744073709551616", "9223372036854775807", "— ", "-----END CERTIFICATE-----", "-----BEGIN PUBLIC KEY-----" }[random.Next(8)];
                    break;
                default:
                    lines[at] = Encoding.UTF8.GetString(ByteMutation.Change(Encoding.UTF8.GetBytes(lines[at]), random));
                    break;
            }
        }
        return string.Join('\n', lines);
    }
}
