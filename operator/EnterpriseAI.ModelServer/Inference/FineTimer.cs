using System.Runtime.InteropServices;

namespace EnterpriseAI.ModelServer.Inference;

/// <summary>A timer for microseconds. Those of .NET count whole milliseconds, which is longer than many models run.</summary>
/// <remarks>A thread of its own sleeps in the kernel's timer. One-shot only.</remarks>
internal sealed unsafe partial class FineTimer : ITimer
{
    private const int Monotonic = 1, CloseOnExec = 0x80000;
    private const int StackBytes = 256 << 10;

    private readonly Lock _lock = new();
    private readonly TimerCallback _callback;
    private readonly object? _state;
    private readonly int _timer;
    private bool _disposed;

    private FineTimer(TimerCallback callback, object? state, int timer)
    {
        (_callback, _state, _timer) = (callback, state, timer);
        new Thread(Wait, StackBytes) { IsBackground = true, Name = "batch timer" }.Start();
    }

    /// <summary>A timer that is not set yet; one of <paramref name="time"/> where that is not the system's own clock, or there is no finer one.</summary>
    public static ITimer Create(TimeProvider time, TimerCallback callback, object? state)
    {
        var timer = ReferenceEquals(time, TimeProvider.System) && OperatingSystem.IsLinux() ? TimerCreate(Monotonic, CloseOnExec) : -1;
        return timer < 0 ? time.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) : new FineTimer(callback, state, timer);
    }

    /// <inheritdoc/>
    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(period, Timeout.InfiniteTimeSpan);
        lock (_lock)
            return !_disposed && Set(dueTime);
    }

    private bool Set(TimeSpan dueTime)
    {
        var setting = new TimerSetting();
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            // Zero would switch it off.
            var ticks = Math.Max(1, dueTime.Ticks);
            setting.Seconds = ticks / TimeSpan.TicksPerSecond;
            setting.Nanoseconds = ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick;
        }
        return TimerSet(_timer, 0, &setting, null) == 0;
    }

    private void Wait()
    {
        while (true)
        {
            ulong expirations;
            var read = Read(_timer, &expirations, sizeof(ulong));
            lock (_lock)
            {
                if (_disposed)
                {
                    _ = Close(_timer);
                    return;
                }
            }
            if (read == sizeof(ulong))
                _callback(_state);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            // Wakes the thread, which then closes the timer.
            Set(TimeSpan.Zero);
            _disposed = true;
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimerSetting
    {
        public long IntervalSeconds, IntervalNanoseconds;
        public long Seconds, Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "timerfd_create")]
    private static partial int TimerCreate(int clock, int flags);

    [LibraryImport("libc", EntryPoint = "timerfd_settime")]
    private static partial int TimerSet(int timer, int flags, TimerSetting* setting, TimerSetting* old);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(int file, void* buffer, nint bytes);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
