using System.Globalization;

namespace Longhaul.Cli.Output;

/// <summary>Moments and durations in words.</summary>
internal static class When
{
    /// <summary>For pipes: UTC, sortable.</summary>
    public static string Plain(DateTimeOffset moment) => moment.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>For people: their own time zone.</summary>
    public static string Local(DateTimeOffset moment, TimeProvider time)
        => TimeZoneInfo.ConvertTime(moment, time.LocalTimeZone).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary><c>3 min ago</c>, <c>in 2 h</c>, <c>now</c>.</summary>
    public static string Relative(DateTimeOffset moment, TimeProvider time)
    {
        var distance = time.GetUtcNow() - moment;
        return distance.Duration() < TimeSpan.FromSeconds(1) ? "now"
            : distance > TimeSpan.Zero ? Span(distance) + " ago"
            : "in " + Span(-distance);
    }

    /// <summary>Two units at most: <c>0.5 s</c>, <c>42 s</c>, <c>3 min 5 s</c>, <c>2 h 10 min</c>, <c>4 d 3 h</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalMilliseconds):0} ms"),
        { TotalSeconds: < 10 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:0.#} s"),
        { TotalMinutes: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(span.TotalSeconds):0} s"),
        { TotalHours: < 1 } => Two(span.Minutes, "min", span.Seconds, "s"),
        { TotalDays: < 1 } => Two(span.Hours, "h", span.Minutes, "min"),
        _ => Two((int)span.TotalDays, "d", span.Hours, "h"),
    };

    private static string Two(int large, string largeUnit, int small, string smallUnit)
        => small == 0 ? $"{large} {largeUnit}" : $"{large} {largeUnit} {small} {smallUnit}";
}
