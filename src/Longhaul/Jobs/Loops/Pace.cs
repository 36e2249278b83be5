namespace Longhaul.Jobs;

/// <summary>
/// How many items a second may start: no limit until it is slowed, then a share of what it was; each time that all is well a tenth of the
/// former pace more, until that is reached again (additive increase, multiplicative decrease). Guarded by its owner.
/// </summary>
internal sealed class Pace
{
    private const double Step = 0.1;
    private const double Slowest = 1.0 / 60;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private TimeSpan _windowStart;
    private int _inWindow;
    private double? _measured;
    private double _full;
    private TimeSpan _nextStart;
    private TimeSpan _lastQuickened;

    /// <summary>Items a second; null: no limit.</summary>
    public double? Limit { get; private set; }

    /// <summary>Zero, and the item counts as started; or how long to wait first.</summary>
    public TimeSpan TryStart(TimeSpan now)
    {
        if (Limit is { } limit)
        {
            if (_nextStart > now)
                return _nextStart - now;
            _nextStart = now + TimeSpan.FromSeconds(1 / limit);
        }

        Measure(now);
        _inWindow++;
        return TimeSpan.Zero;
    }

    public double Slow(TimeSpan now, double factor)
    {
        Measure(now);
        var current = Limit ?? Current(now);
        if (Limit is null)
            _full = current;
        Limit = Math.Max(Slowest, current * factor);
        _nextStart = now + TimeSpan.FromSeconds(1 / Limit.Value);
        _lastQuickened = now;
        return Limit.Value;
    }

    public void Quicken(TimeSpan now)
    {
        _lastQuickened = now;
        if (Limit is not { } limit)
            return;
        Limit = limit + Math.Max(_full * Step, Slowest) is var more && more < _full ? more : null;
    }

    /// <summary>Quickens once for each second that has passed since.</summary>
    public void QuickenBy(TimeSpan now)
    {
        if (now - _lastQuickened >= Window)
            Quicken(now);
    }

    private double Current(TimeSpan now)
    {
        var seconds = (now - _windowStart).TotalSeconds;
        return Math.Max(Slowest, _measured ?? (seconds > 0 ? _inWindow / Math.Max(seconds, 0.1) : _inWindow));
    }

    private void Measure(TimeSpan now)
    {
        var span = now - _windowStart;
        if (span < Window)
            return;
        _measured = _inWindow / span.TotalSeconds;
        (_windowStart, _inWindow) = (now, 0);
    }
}
