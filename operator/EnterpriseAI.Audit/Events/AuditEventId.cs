using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace EnterpriseAI.Audit;

/// <summary>Makes the id of an event from what distinguishes its transition from every other.</summary>
public static class AuditEventId
{
    /// <summary>
    /// SHA-256 over the parts, each one as UTF-8 behind its length (32 bits, big-endian), in hexadecimal: the same parts give the
    /// same id in every process, and <c>("ab", "c")</c> another one than <c>("a", "bc")</c>.
    /// </summary>
    /// <param name="parts">Such as the object's uid, the action, and the digest or generation it concerns. Never a time.</param>
    public static string From(params string[] parts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            sha.AppendData(length);
            sha.AppendData(bytes);
        }
        return Convert.ToHexStringLower(sha.GetHashAndReset());
    }
}
