namespace Longhaul.Proof;

/// <summary>Time that passes when the simulation says so.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private long _ticks = TimeSpan.TicksPerDay; // the machine started a day ago

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public TimeSpan SinceStart => TimeSpan.FromTicks(_ticks - TimeSpan.TicksPerDay);

    public override long GetTimestamp() => _ticks;

    public override DateTimeOffset GetUtcNow() => Start + SinceStart;

    public void Advance(TimeSpan by) => _ticks += by.Ticks;
}
