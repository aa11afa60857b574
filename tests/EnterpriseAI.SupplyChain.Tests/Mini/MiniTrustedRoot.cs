using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace EnterpriseAI.SupplyChain.Tests.Mini;

/// <summary>The trusted root of the instance.</summary>
internal static class MiniTrustedRoot
{
    private static readonly DateTimeOffset Start = new(2024, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static JsonObject Of(IReadOnlyList<byte[]> fulcio, IReadOnlyList<byte[]> timestamps) => new()
    {
        ["mediaType"] = "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
        ["tlogs"] = new JsonArray(
            Log(MiniSigstore.RekorV1, MiniSigstore.RekorV1Key, SHA256.HashData(MiniSigstore.RekorV1Key.SubjectPublicKeyInfo)),
            Log(MiniSigstore.RekorV2, MiniSigstore.RekorV2Key, NoteKeyId("rekor2.example.com", MiniSigstore.RekorV2Key))),
        ["ctlogs"] = new JsonArray(Log("https://ct.example.com", MiniSigstore.CtKey, MiniPromise.IdOf(MiniSigstore.CtKey))),
        ["certificateAuthorities"] = new JsonArray(Authority("https://fulcio.example.com", fulcio)),
        ["timestampAuthorities"] = new JsonArray(Authority("https://tsa.example.com", timestamps)),
    };

    public static JsonObject Log(string url, MiniKey key, byte[] logId) => new()
    {
        ["baseUrl"] = url,
        ["hashAlgorithm"] = "SHA2_256",
        ["publicKey"] = new JsonObject
        {
            ["rawBytes"] = Convert.ToBase64String(key.SubjectPublicKeyInfo),
            ["keyDetails"] = key.KeyDetails,
            ["validFor"] = Period(Start, null),
        },
        ["logId"] = new JsonObject { ["keyId"] = Convert.ToBase64String(logId) },
    };

    public static JsonObject Authority(string uri, IReadOnlyList<byte[]> chain) => new()
    {
        ["uri"] = uri,
        ["certChain"] = new JsonObject { ["certificates"] = new JsonArray([.. chain.Select(der => new JsonObject { ["rawBytes"] = Convert.ToBase64String(der) })]) },
        ["validFor"] = Period(Start, null),
    };

    public static JsonObject Period(DateTimeOffset start, DateTimeOffset? end)
    {
        var period = new JsonObject { ["start"] = Text(start) };
        if (end is { } last)
            period["end"] = Text(last);
        return period;
    }

    /// <summary>The name of an Ed25519 key in signed notes (C2SP signed-note).</summary>
    public static byte[] NoteKeyId(string name, MiniKey key) => SHA256.HashData([.. Encoding.UTF8.GetBytes(name), (byte)'\n', 1, .. key.SubjectPublicKeyInfo[^32..]]);

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
}
