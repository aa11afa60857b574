using System.Buffers;

namespace EnterpriseAI.Agent.Fetching;

/// <summary>Copies a stream and stops at a limit, whatever length was announced.</summary>
internal static class BoundedCopy
{
    private const int BufferBytes = 1 << 17;

    /// <param name="from">What is copied.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="allowed">In bytes.</param>
    /// <param name="source">Names the source in an error.</param>
    /// <param name="cancellationToken">Ends the copying.</param>
    /// <exception cref="AgentFailure">There is more than allowed.</exception>
    public static async Task RunAsync(Stream from, Stream to, long allowed, string source, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (int count; (count = await from.ReadAsync(buffer.AsMemory(0, BufferBytes), cancellationToken)) > 0;)
            {
                allowed -= count;
                if (allowed < 0)
                {
                    throw ByteBudget.TooLarge(source);
                }

                await to.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
