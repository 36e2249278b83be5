using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>
/// Limits in seconds mean a machine that has time for us. Elsewhere a test judges whether a promise holds, not how fast: there they are ten
/// times as wide. <c>LONGHAUL_QUIET_MACHINE=1</c> says that nothing else runs, and takes them as they are.
/// </summary>
internal static class Limits
{
    private static readonly int Stretch = Environment.GetEnvironmentVariable("LONGHAUL_QUIET_MACHINE") == "1" ? 1 : 10;

    public static CheckLimits Checks => Stretch == 1 ? new CheckLimits() : CheckLimits.OnSharedMachines;

    public static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(seconds * Stretch);
}
