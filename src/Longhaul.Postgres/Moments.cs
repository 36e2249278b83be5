namespace Longhaul.Postgres;

/// <summary>Moments and spans as the store keeps them: microseconds, since 1970.</summary>
internal static class Moments
{
    public static long From(DateTimeOffset moment) => (moment.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;

    public static long From(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Moment(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    public static DateTimeOffset? Moment(long? microseconds) => microseconds is { } value ? Moment(value) : null;

    public static TimeSpan Span(long microseconds) => TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>A later moment that does not run over, however long the span.</summary>
    public static long Later(long moment, TimeSpan span) => Math.Min(moment + From(span), From(DateTimeOffset.MaxValue));
}
