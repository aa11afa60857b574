using EnterpriseAI.Testing;

namespace EnterpriseAI.Kubernetes.Tests;

public sealed class TimeLimitTests
{
    [Test]
    public void It_ends_with_the_time_or_with_the_other_token()
    {
        var time = new ManualTimeProvider();
        using var stop = new CancellationTokenSource();
        using var byTime = new TimeLimit(TimeSpan.FromSeconds(5), time, stop.Token);
        using var byToken = new TimeLimit(null, time, stop.Token);

        time.Advance(TimeSpan.FromSeconds(5));
        Assert.That((byTime.Token.IsCancellationRequested, byToken.Token.IsCancellationRequested), Is.EqualTo((true, false)));
        stop.Cancel();
        Assert.That(byToken.Token.IsCancellationRequested, Is.True);
    }

    [Test]
    public void A_timer_that_fires_while_the_limit_is_disposed_throws_nothing()
    {
        var time = new LateTimer();
        new TimeLimit(TimeSpan.FromSeconds(5), time, CancellationToken.None).Dispose();

        Assert.That(() => time.Fire!(), Throws.Nothing);
    }

    /// <summary>Keeps a callback beyond its timer's disposal, as a thread does that was about to call it.</summary>
    sealed class LateTimer : TimeProvider
    {
        public Action? Fire { get; private set; }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Fire = () => callback(state);
            return base.CreateTimer(static _ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
