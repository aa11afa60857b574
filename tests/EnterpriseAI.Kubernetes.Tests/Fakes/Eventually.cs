namespace EnterpriseAI.Testing;

/// <summary>Waits for what other threads do, never for a fixed time.</summary>
public static class Eventually
{
    public static async Task True(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + 20_000;
        while (!condition())
        {
            if (Environment.TickCount64 > deadline)
                throw new TimeoutException($"not within 20 s: {what}");
            await Task.Delay(2);
        }
    }
}
