namespace Longhaul.Sqlite;

/// <summary>When a lease is over.</summary>
internal static class Leases
{
    /// <param name="boot">The boot of the one who looks.</param>
    /// <param name="now">Its lease clock.</param>
    /// <param name="leaseBoot">The boot in which the lease was renewed.</param>
    /// <param name="renewed">The lease clock then.</param>
    /// <param name="lease">How long it lasts.</param>
    public static bool IsOver(string boot, long now, string leaseBoot, long renewed, long lease)
        => boot != leaseBoot || now < renewed || now - renewed >= lease; // a clock that went back is that of another boot, too
}
