namespace Longhaul.Testing;

/// <summary>A clock that stands still until the test moves it: wall clock, timestamps and timers together.</summary>
/// <param name="start">Where it begins; null: 1 January 2026, 12:00 UTC.</param>
public sealed class JobTestClock(DateTimeOffset? start = null) : TimeProvider
{
    private readonly DateTimeOffset _start = start ?? new DateTimeOffset(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private readonly Lock _gate = new();
    private readonly List<Timer> _timers = [];
    private long _elapsed;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start.AddTicks(Volatile.Read(ref _elapsed));

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    /// <summary>Moves the clock on, and fires the timers on the way, each at its own moment.</summary>
    /// <param name="by">Not negative.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        var target = Volatile.Read(ref _elapsed) + by.Ticks;
        while (NextDue(target) is { } timer)
            timer.Fire();
    }

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private Timer? NextDue(long target)
    {
        lock (_gate)
        {
            var next = _timers.MinBy(static t => t.DueAt);
            if (next is null || next.DueAt > target)
            {
                Volatile.Write(ref _elapsed, Math.Max(target, _elapsed));
                return null;
            }

            Volatile.Write(ref _elapsed, Math.Max(next.DueAt, _elapsed));
            if (next.Period > 0)
                next.DueAt += next.Period;
            else
                _timers.Remove(next);
            return next;
        }
    }

    private sealed class Timer(JobTestClock clock, TimerCallback callback, object? state) : ITimer
    {
        public long DueAt { get; set; }

        public long Period { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._gate)
            {
                clock._timers.Remove(this);
                Period = period > TimeSpan.Zero ? period.Ticks : 0;
                if (dueTime == Timeout.InfiniteTimeSpan)
                    return true;
                DueAt = clock._elapsed + dueTime.Ticks;
                if (dueTime > TimeSpan.Zero || Period > 0)
                {
                    clock._timers.Add(this);
                    return true;
                }
            }

            ThreadPool.QueueUserWorkItem(static timer => timer.Fire(), this, preferLocal: false);
            return true;
        }

        public void Dispose()
        {
            lock (clock._gate)
                clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
