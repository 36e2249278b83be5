using System.Globalization;

namespace Longhaul.Sqlite;

/// <summary>The store's clocks, in microseconds: the wall's for due times, the boot's for leases.</summary>
/// <remarks>
/// Leases do not go by the wall clock: a corrected clock would kill or revive every worker at once. They go by the time since boot, which
/// all processes of a machine share and which counts suspended time too; a lease of another boot is over.
/// </remarks>
internal sealed class StoreClock
{
    private const string Uptime = "/proc/uptime";
    private readonly TimeProvider _wall;
    private readonly bool _isTest;

    public StoreClock(TimeProvider? test)
    {
        _isTest = test is not null;
        _wall = test ?? TimeProvider.System;
        Boot = _isTest ? "test" : ReadBoot();
    }

    /// <summary>What waits are timed by.</summary>
    public TimeProvider Provider => _wall;

    /// <summary>Which start of the machine this is.</summary>
    public string Boot { get; }

    public long Now => From(_wall.GetUtcNow());

    /// <summary>A moment to measure waits from: of the machine, also in tests, for locks do not wait in virtual time.</summary>
    public static long Monotonic => TimeProvider.System.GetTimestamp();

    public static TimeSpan Since(long monotonic) => TimeProvider.System.GetElapsedTime(monotonic);

    /// <summary>Since boot.</summary>
    public long LeaseNow => _isTest ? From(_wall.GetElapsedTime(0)) : ReadUptime();

    public static long From(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static long From(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Moment(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset? Moment(long? microseconds) => microseconds is { } value ? Moment(value) : null;

    public static TimeSpan Span(long microseconds) => TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>A later moment that does not run over, however long the span.</summary>
    public static long Later(long moment, TimeSpan span) => Math.Min(moment + From(span), From(DateTimeOffset.MaxValue));

    private static string ReadBoot()
    {
        const string path = "/proc/sys/kernel/random/boot_id";
        return File.Exists(path) ? File.ReadAllText(path).Trim() : "unknown";
    }

    private static long ReadUptime()
    {
        if (!File.Exists(Uptime))
            return Environment.TickCount64 * 1000;
        var seconds = File.ReadAllText(Uptime).Split(' ')[0];
        return (long)(decimal.Parse(seconds, CultureInfo.InvariantCulture) * 1_000_000);
    }
}
