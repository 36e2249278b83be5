using StorageMigration.Objects;

namespace StorageMigration.Trees;

/// <summary>
/// So many requests in any stretch of time as long as the window, evenly: at most a second's worth goes at once, so that the limit holds over shorter
/// stretches too. Who comes first goes first.
/// </summary>
internal sealed class RequestBudget : IRequestGate
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly long _window;
    private readonly long _interval;
    private readonly long _slack;
    private readonly long[] _passes; // when the last ones passed, in ticks: as many as the window may hold
    private readonly Lock _gate = new();
    private int _oldest;
    private long _even; // when the next one passes if all come evenly

    /// <param name="requests">At least 1.</param>
    /// <param name="window">Over zero.</param>
    /// <param name="time">The clock.</param>
    public RequestBudget(int requests, TimeSpan window, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(requests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        (_time, _start, _window) = (time, time.GetTimestamp(), window.Ticks);
        _interval = (_window + requests - 1) / requests;
        _slack = Math.Max(0, AtOnce.Ticks - _interval);
        _passes = new long[requests];
        Array.Fill(_passes, -_window);
    }

    public ValueTask PassAsync(CancellationToken cancellationToken)
    {
        var wait = Book();
        return wait <= 0 ? ValueTask.CompletedTask : new ValueTask(Task.Delay(WholeMilliseconds(wait), _time, cancellationToken));
    }

    /// <summary>Takes the next place. One who then does not wait for it leaves it empty: that costs a request, and never makes one too many.</summary>
    private long Book()
    {
        lock (_gate)
        {
            var now = _time.GetElapsedTime(_start).Ticks;
            var at = Math.Max(now, Math.Max(_passes[_oldest] + _window, _even - _slack));
            _even = Math.Max(at, _even) + _interval;
            _passes[_oldest] = at;
            _oldest = (_oldest + 1) % _passes.Length;
            return at - now;
        }
    }

    private static TimeSpan WholeMilliseconds(long ticks) => TimeSpan.FromMilliseconds((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
}
