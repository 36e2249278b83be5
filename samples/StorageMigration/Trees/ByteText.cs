using System.Globalization;

namespace StorageMigration.Trees;

/// <summary>Bytes for people.</summary>
internal static class ByteText
{
    private static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    public static string Of(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 1_000 && unit < Units.Length - 1; unit++)
            value /= 1_000;
        return string.Create(CultureInfo.InvariantCulture, $"{Math.Round(value, unit == 0 || value >= 100 ? 0 : 1)} {Units[unit]}");
    }
}
