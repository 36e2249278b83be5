using Longhaul.Jobs;

namespace Longhaul;

/// <summary>A health signal that a loop looks at before it starts an item: it waits or slows down when something else needs it to.</summary>
public sealed class Throttle
{
    /// <summary>How often a loop looks unless <see cref="LookEvery"/> says otherwise: 1 s.</summary>
    public static readonly TimeSpan DefaultLookEvery = TimeSpan.FromSeconds(1);

    private readonly Func<TimeProvider, CancellationToken, ValueTask<ThrottleSignal>> _look;

    /// <summary>Makes a throttle of a signal, such as the lag of a replica.</summary>
    /// <param name="signal">Says how things are; its token trips when the run is to stop. What it throws ends the loop.</param>
    public Throttle(Func<CancellationToken, ValueTask<ThrottleSignal>> signal)
    {
        ArgumentNullException.ThrowIfNull(signal);
        _look = (_, stop) => signal(stop);
    }

    internal Throttle(Func<TimeProvider, CancellationToken, ValueTask<ThrottleSignal>> look) => _look = look;

    /// <summary>The least time between two looks; default 1 s. Zero: before every item.</summary>
    public TimeSpan LookEvery
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            field = value;
        }
    } = DefaultLookEvery;

    /// <summary>Also looks after so many items; null (default): by time alone.</summary>
    public int? LookEveryItems
    {
        get;
        init
        {
            if (value is { } items)
                ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
            field = value;
        }
    }

    /// <summary>Items are started only between two times of day; over midnight when <paramref name="from"/> is the later one.</summary>
    /// <param name="from">From this time on.</param>
    /// <param name="to">Before this time; not the same as <paramref name="from"/>.</param>
    /// <param name="timeZone">Whose time of day; default UTC.</param>
    public static Throttle Hours(TimeOnly from, TimeOnly to, TimeZoneInfo? timeZone = null)
    {
        if (from == to)
            throw new ArgumentException($"Opening hours need two different times, but both were {from}.", nameof(to));
        return new OpeningHours(from, to, timeZone ?? TimeZoneInfo.Utc).AsThrottle();
    }

    /// <summary>Items are started only while a disk has room. Looked at every 1 s; when it is full, again after 10 s.</summary>
    /// <param name="path">A file or folder on that disk.</param>
    /// <param name="minFree">Bytes that must be free for others.</param>
    public static Throttle DiskSpace(string path, long minFree)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentOutOfRangeException.ThrowIfNegative(minFree);
        return FreeSpace.AsThrottle(path, minFree, FreeSpace.Of);
    }

    /// <summary>Several signals as one: the first that does not say go counts.</summary>
    /// <param name="throttles">Looked at in this order, as often as the most eager of them asks.</param>
    public static Throttle All(params Throttle[] throttles)
    {
        ArgumentNullException.ThrowIfNull(throttles);
        ArgumentOutOfRangeException.ThrowIfZero(throttles.Length, nameof(throttles));
        return new Throttle(async (TimeProvider time, CancellationToken stop) =>
        {
            foreach (var throttle in throttles)
            {
                var signal = await throttle._look(time, stop).ConfigureAwait(false);
                if (signal != ThrottleSignal.Go)
                    return signal;
            }

            return ThrottleSignal.Go;
        })
        {
            LookEvery = throttles.Min(static t => t.LookEvery),
            LookEveryItems = throttles.Min(static t => t.LookEveryItems),
        };
    }

    internal ValueTask<ThrottleSignal> LookAsync(TimeProvider time, CancellationToken stop) => _look(time, stop);
}
