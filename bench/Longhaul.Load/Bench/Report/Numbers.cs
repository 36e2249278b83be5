using System.Globalization;

namespace Longhaul.Load.Bench.Report;

internal static class Numbers
{
    /// <summary>Three digits that count, all before the point, and no exponent: 123,456 · 12.3 · 0.00123.</summary>
    public static string Text(double value, bool grouped = true)
    {
        var size = Math.Abs(value);
        var digits = size switch
        {
            0 => 0,
            >= 100 => 0,
            _ => Math.Clamp(2 - (int)Math.Floor(Math.Log10(size)), 0, 6),
        };
        return value.ToString($"{(grouped ? "N" : "F")}{digits}", CultureInfo.InvariantCulture);
    }

    public static string Share(double value) => string.Create(CultureInfo.InvariantCulture, $"{value * 100:0.#} %");
}
