using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace EnterpriseAI.Operator.AgentPods;

/// <summary>Deterministic names of owned objects.</summary>
public static class ObjectNames
{
    private const int MaximumLength = 63;

    /// <summary>
    /// <c>{owner}-{suffix}</c> within 63 characters. A longer owner is cut and gets a hash of its full name, so that two
    /// owners never share a name.
    /// </summary>
    public static string Of(string owner, string suffix)
    {
        var name = $"{owner}-{suffix}".Replace('.', '-');
        if (name.Length <= MaximumLength && !owner.Contains('.'))
            return name;
        var hash = Hash(owner)[..6];
        var room = MaximumLength - suffix.Length - hash.Length - 2;
        var head = owner.Replace('.', '-');
        return $"{(head.Length > room ? head[..room] : head).TrimEnd('-')}-{hash}-{suffix}";
    }

    /// <summary>Ten lower-case hex digits that change when any of the parts does.</summary>
    public static string Hash(params ReadOnlySpan<string> parts)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in parts)
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            // Length first, so that ("ab","c") and ("a","bc") differ.
            sha.AppendData(BitConverter.GetBytes(bytes.Length));
            sha.AppendData(bytes);
        }
        return Convert.ToHexStringLower(sha.GetHashAndReset())[..10];
    }

    /// <summary><see cref="Hash"/> of the JSON of a value.</summary>
    public static string HashOf<T>(T value, JsonTypeInfo<T> typeInfo) => Hash(JsonSerializer.Serialize(value, typeInfo));
}
