using System.Globalization;

namespace Longhaul.Jobs;

/// <summary>A loop's hours of the day, in somebody's time zone.</summary>
internal sealed record OpeningHours(TimeOnly From, TimeOnly To, TimeZoneInfo Zone)
{
    // The wall clock may be set, and the clocks change: closed hours are looked at again by the minute.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public Throttle AsThrottle() => new((time, _) => new ValueTask<ThrottleSignal>(At(time.GetUtcNow())));

    public ThrottleSignal At(DateTimeOffset now)
    {
        var local = TimeOnly.FromTimeSpan(TimeZoneInfo.ConvertTime(now, Zone).TimeOfDay);
        if (local.IsBetween(From, To))
            return ThrottleSignal.Go;
        var left = From - local; // over midnight when it must be
        var reason = string.Create(CultureInfo.InvariantCulture, $"waits for its hours, {From:HH:mm} to {To:HH:mm} {Zone.Id}");
        return ThrottleSignal.Wait(left < LongestWait ? left : LongestWait, reason);
    }
}
