using System.Globalization;

namespace Longhaul.Jobs;

/// <summary>Room on a disk, as a signal.</summary>
internal static class FreeSpace
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(10);

    public static Throttle AsThrottle(string path, long minFree, Func<string, long> freeOf) => new((_, _) =>
    {
        var free = freeOf(path);
        return new ValueTask<ThrottleSignal>(free >= minFree
            ? ThrottleSignal.Go
            : ThrottleSignal.Wait(LookAgain, string.Create(CultureInfo.InvariantCulture, $"waits for room on the disk of {path}: {Megabytes(free)} MB free, {Megabytes(minFree)} MB needed")));
    });

    public static long Of(string path)
    {
        var full = Path.GetFullPath(path);
        return new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(full)! : full).AvailableFreeSpace;
    }

    private static long Megabytes(long bytes) => bytes / 1_000_000;
}
