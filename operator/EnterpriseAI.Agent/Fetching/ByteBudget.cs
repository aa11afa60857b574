namespace EnterpriseAI.Agent.Fetching;

/// <summary>How many bytes a fetch may take, whatever lengths were announced.</summary>
/// <param name="allowed">In bytes.</param>
/// <param name="source">Names the source in an error.</param>
/// <param name="growing">Called with the sum before it arrives, so that room can be made for it.</param>
internal sealed class ByteBudget(long allowed, string source, Action<long>? growing = null)
{
    private long _taken;

    /// <exception cref="AgentFailure">There is more than allowed.</exception>
    public void Take(long count)
    {
        var taken = count > allowed ? long.MaxValue : Interlocked.Add(ref _taken, count);
        if (taken > allowed)
        {
            throw TooLarge(source);
        }

        growing?.Invoke(taken);
    }

    /// <summary>What was taken is thrown away.</summary>
    public void Return(long count) => Interlocked.Add(ref _taken, -count);

    public static AgentFailure TooLarge(string source)
        => AgentFailure.BadInput("ArtifactTooLarge", $"{source} has more bytes than --max-bytes allows");
}
