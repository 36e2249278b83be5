using System.Globalization;

namespace Longhaul.Cli.Output;

/// <summary>Numbers in words.</summary>
internal static class Amount
{
    public static string Number(double value)
        => value.ToString(Math.Abs(value) >= 100 || value == Math.Floor(value) ? "#,0" : "#,0.##", CultureInfo.InvariantCulture);

    public static string Plain(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);

    /// <summary><c>1 job</c>, <c>2 jobs</c>.</summary>
    public static string Of(long count, string one, string? many = null)
        => string.Create(CultureInfo.InvariantCulture, $"{count:#,0} {(count == 1 ? one : many ?? one + "s")}");

    public static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(fraction, 0, 1) * 100:0.0}%");

    public static string Bytes(long bytes) => bytes switch
    {
        < 1 << 10 => Of(bytes, "byte"),
        < 1 << 20 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:0.#} MiB"),
    };
}
