using EnterpriseAI.ModelServer.Inference;

namespace EnterpriseAI.ModelServer.Tests;

public class FineTimerTests
{
    [Test]
    public async Task It_fires_once_for_each_time_it_is_set_and_never_too_early()
    {
        using var fired = new SemaphoreSlim(0);
        using var timer = FineTimer.Create(TimeProvider.System, static state => ((SemaphoreSlim)state!).Release(), fired);
        foreach (var microseconds in new[] { 0, 1, 200, 1_500, 3_000 })
        {
            var due = TimeSpan.FromMicroseconds(microseconds);
            var start = TimeProvider.System.GetTimestamp();
            timer.Change(due, Timeout.InfiniteTimeSpan);
            Assert.That(await fired.WaitAsync(TimeSpan.FromSeconds(30)), $"it did not fire after {due}");
            Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThanOrEqualTo(due));
        }
        Assert.That(fired.CurrentCount, Is.Zero);
    }

    [Test]
    public async Task Set_again_it_forgets_the_earlier_time_and_disposed_it_is_silent()
    {
        using var fired = new SemaphoreSlim(0);
        var timer = FineTimer.Create(TimeProvider.System, static state => ((SemaphoreSlim)state!).Release(), fired);
        timer.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromMicroseconds(100), Timeout.InfiniteTimeSpan);
        Assert.That(await fired.WaitAsync(TimeSpan.FromSeconds(30)));
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        timer.Change(TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        timer.Dispose();
        Assert.That(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan), Is.False);
        Assert.That(fired.CurrentCount, Is.Zero);
    }

    [Test]
    public void A_clock_of_a_test_has_timers_of_its_own()
    {
        using var timer = FineTimer.Create(new OtherClock(), static _ => { }, null);
        Assert.That(timer, Is.Not.InstanceOf<FineTimer>());
    }

    private sealed class OtherClock : TimeProvider;
}
