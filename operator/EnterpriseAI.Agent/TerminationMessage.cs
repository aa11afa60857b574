using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace EnterpriseAI.Agent;

/// <summary>How a finished pod tells the operator its result: the container's termination message.</summary>
/// <remarks>
/// Guarantees: what is written fits the kubelet's limit of 4096 bytes. A longer result is written as
/// <c>gzip:</c> followed by the base64 of the gzipped JSON; one that does not fit even so is replaced by an
/// error that says it is in the log.
/// </remarks>
public static class TerminationMessage
{
    /// <summary>The kubelet cuts longer messages.</summary>
    public const int MaxBytes = 4096;

    /// <summary>Marks a compressed message.</summary>
    public const string CompressedPrefix = "gzip:";

    /// <summary>Where the kubelet reads the message unless the pod names another file.</summary>
    public const string DefaultPath = "/dev/termination-log";

    /// <summary>The text to write for a result.</summary>
    public static string Encode(string json)
    {
        if (Encoding.UTF8.GetByteCount(json) <= MaxBytes)
        {
            return json;
        }

        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            gzip.Write(Encoding.UTF8.GetBytes(json));
        }

        var text = CompressedPrefix + Convert.ToBase64String(packed.GetBuffer().AsSpan(0, (int)packed.Length));
        return text.Length <= MaxBytes
            ? text
            : Failure("ResultTooLarge", $"the result has {json.Length} characters and fits no termination message of {MaxBytes} bytes; it is the last line of the container's log");
    }

    /// <summary>The JSON that a text stands for.</summary>
    /// <exception cref="FormatException">The compressed part is not base64.</exception>
    /// <exception cref="InvalidDataException">The compressed part is not gzip.</exception>
    public static string Decode(string text)
    {
        if (!text.StartsWith(CompressedPrefix, StringComparison.Ordinal))
        {
            return text;
        }

        using var packed = new MemoryStream(Convert.FromBase64String(text[CompressedPrefix.Length..]));
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    /// <summary>The message of a failed agent.</summary>
    public static string Failure(string reason, string message)
        => JsonSerializer.Serialize(new FailureReport(new FailureDetails(reason, Shortened(message))), AgentJson.Readable.FailureReport);

    /// <summary>Writes the message; without a path to <see cref="DefaultPath"/>, where that exists.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static async Task WriteAsync(string? path, string json, CancellationToken cancellationToken)
    {
        path ??= File.Exists(DefaultPath) ? DefaultPath : null;
        if (path is not null)
        {
            // The kubelet mounts this file: it can be written, but not replaced by another.
            await File.WriteAllTextAsync(path, Encode(json), cancellationToken);
        }
    }

    // Escaping may make six bytes of one character, and the error must stay readable uncompressed.
    private static string Shortened(string message) => message.Length <= 600 ? message : message[..600] + "…";
}
