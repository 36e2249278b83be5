namespace Longhaul.Load.Bench;

internal static class Statistics
{
    public static double Median(IReadOnlyList<double> values)
    {
        var sorted = values.Order().ToArray();
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>The value below which a share of all lies (nearest rank).</summary>
    public static double Percentile(IReadOnlyList<double> values, double share)
    {
        var sorted = values.Order().ToArray();
        return sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
    }

    /// <summary>
    /// The interval that holds the true median with at least 95 %, from ranks alone (no assumption about how runs are spread);
    /// null with fewer than 9 values, where it would say too little.
    /// </summary>
    public static (double Low, double High)? MedianInterval(IReadOnlyList<double> values)
    {
        if (values.Count < 9)
            return null;

        var sorted = values.Order().ToArray();
        var outside = 0;
        while (Coverage(sorted.Length, outside + 1) >= 0.95)
            outside++;
        return (sorted[outside], sorted[^(outside + 1)]);
    }

    /// <summary>How surely the median lies between the values that remain when so many at each end are left out.</summary>
    private static double Coverage(int count, int outside)
    {
        var tail = 0.0;
        var ways = 1.0;
        for (var i = 0; i <= outside; i++)
        {
            tail += ways;
            ways = ways * (count - i) / (i + 1);
        }

        return 1 - 2 * tail / Math.Pow(2, count);
    }
}
