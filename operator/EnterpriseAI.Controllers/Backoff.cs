namespace EnterpriseAI.Controllers;

/// <summary>Waits that double from <paramref name="Initial"/> to <paramref name="Maximum"/>.</summary>
/// <param name="Initial">The first wait.</param>
/// <param name="Maximum">The longest wait, before jitter.</param>
/// <param name="Jitter">A random part added on top: 1.0 adds up to the wait itself. Keeps many waiters from coming back at once.</param>
public sealed record Backoff(TimeSpan Initial, TimeSpan Maximum, double Jitter)
{
    /// <summary>How long to wait after the given number of failures before (0 for the first).</summary>
    public TimeSpan After(int failures, Random? random = null)
    {
        // 2^60 is beyond every maximum, and still far from infinity.
        var wait = Math.Min(Initial.TotalMilliseconds * Math.Pow(2, Math.Clamp(failures, 0, 60)), Maximum.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(wait * (1 + (Jitter * (random ?? Random.Shared).NextDouble())));
    }
}
