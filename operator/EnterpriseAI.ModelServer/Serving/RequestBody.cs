using System.Buffers;
using System.IO.Pipelines;
using EnterpriseAI.ModelServer.Protocol;

namespace EnterpriseAI.ModelServer.Serving;

/// <summary>A whole request body, split into its JSON and what follows it.</summary>
internal readonly record struct RequestBody(ReadOnlyMemory<byte> Bytes, int JsonBytes)
{
    public ReadOnlySpan<byte> Json => Bytes.Span[..JsonBytes];

    public ReadOnlySpan<byte> Binary => Bytes.Span[JsonBytes..];

    /// <exception cref="RequestException">400 or 415: the headers do not fit the body.</exception>
    /// <exception cref="BadHttpRequestException">413: the body is larger than the server allows.</exception>
    public static async Task<RequestBody> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        if (request.Headers.ContentEncoding is [{ } encoding, ..] && !encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
            throw new RequestException(StatusCodes.Status415UnsupportedMediaType, $"Content-Encoding '{encoding}' is not supported: send the body as it is");
        var bytes = await ReadAllAsync(request.BodyReader, cancellationToken).ConfigureAwait(false);
        if (request.Headers[BinaryTensorData.LengthHeader] is not [{ } header, ..])
            return new RequestBody(bytes, bytes.Length);
        return uint.TryParse(header, out var length) && length <= bytes.Length
            ? new RequestBody(bytes, (int)length)
            : throw RequestException.BadRequest($"{BinaryTensorData.LengthHeader} '{header}' is not a length within the body's {bytes.Length} bytes");
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted)
            {
                var bytes = result.Buffer.ToArray();
                reader.AdvanceTo(result.Buffer.End);
                return bytes;
            }
            reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }
}
