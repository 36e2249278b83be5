namespace Longhaul.Jobs;

/// <summary>A bucket of bytes that fills by so many a second and holds a second's worth. Spending may overdraw it: whoever is next waits. Guarded by its owner.</summary>
internal sealed class ByteBudget(long perSecond)
{
    private double _left = perSecond;
    private TimeSpan _at;

    public long PerSecond { get; } = perSecond;

    public void Spend(TimeSpan now, long bytes)
    {
        Fill(now);
        _left -= bytes;
    }

    /// <summary>How long until it is not overdrawn.</summary>
    public TimeSpan Wait(TimeSpan now)
    {
        Fill(now);
        // Rounded up to a tick, or a wait of nothing could be left for ever.
        return _left >= 0 ? TimeSpan.Zero : TimeSpan.FromTicks((long)Math.Ceiling(-_left / PerSecond * TimeSpan.TicksPerSecond));
    }

    private void Fill(TimeSpan now)
    {
        _left = Math.Min(PerSecond, _left + ((now - _at).TotalSeconds * PerSecond));
        _at = now;
    }
}
