using System.Buffers;
using System.Globalization;

namespace Longhaul.Cli.Parsing;

/// <summary>Durations as people write them: <c>90</c> (seconds), <c>1.5</c>, <c>5m</c>, <c>1h30m</c>, <c>500ms</c>, <c>2d</c>, <c>00:05:00</c>.</summary>
internal static class DurationText
{
    public const string Forms = "seconds such as 90, or 5m, 1h30m, 2d, 00:05:00";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly TimeSpan Longest = TimeSpan.FromDays(36_500);

    public static bool TryParse(string text, out TimeSpan duration)
    {
        var valid = TryPlainSeconds(text, out duration) || TryClock(text, out duration) || TryUnits(text, out duration);
        if (!valid || duration < TimeSpan.Zero || duration > Longest)
        {
            duration = default;
            return false;
        }

        return true;
    }

    private static bool TryPlainSeconds(string text, out TimeSpan duration)
    {
        var valid = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            && seconds <= Longest.TotalSeconds;
        duration = valid ? TimeSpan.FromSeconds(seconds) : default;
        return valid;
    }

    private static bool TryClock(string text, out TimeSpan duration)
    {
        duration = default;
        return text.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration);
    }

    private static bool TryUnits(string text, out TimeSpan duration)
    {
        duration = default;
        var rest = text.AsSpan();
        var last = double.MaxValue;
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;

            rest = rest[digits..];
            var letters = rest.IndexOfAnyInRange('0', '9');
            var unit = letters < 0 ? rest : rest[..letters];
            var seconds = SecondsIn(unit);
            // Units fall from large to small: 30m1h and 5m5m are slips.
            if (seconds is null || seconds >= last || number * seconds > Longest.TotalSeconds)
                return false;

            last = seconds.Value;
            duration += TimeSpan.FromSeconds(number * seconds.Value);
            rest = rest[unit.Length..];
        }

        return last < double.MaxValue;
    }

    private static double? SecondsIn(ReadOnlySpan<char> unit) => unit switch
    {
        "d" => 86_400,
        "h" => 3_600,
        "m" or "min" => 60,
        "s" => 1,
        "ms" => 0.001,
        _ => null,
    };
}
