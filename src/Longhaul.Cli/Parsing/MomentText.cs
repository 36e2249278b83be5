using System.Globalization;

namespace Longhaul.Cli.Parsing;

/// <summary>Moments as people write them. The offset must be said, so that a script means the same on every machine.</summary>
internal static class MomentText
{
    public const string Forms = "a moment with its offset such as 2027-01-31T08:00:00Z or 2027-01-31T08:00+02:00";

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK",
        "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mmK",
    ];

    public static bool TryParse(string text, out DateTimeOffset moment)
    {
        moment = default;
        return HasOffset(text) && DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out moment)
            && moment.Year is >= 1970 and < 9999;
    }

    private static bool HasOffset(string text)
        => text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
}
