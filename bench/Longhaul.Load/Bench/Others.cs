using System.Globalization;

namespace Longhaul.Load.Bench;

/// <summary>
/// How many cores others kept busy while something was measured: all processors' time less that of this process and of the children that it waited for.
/// Not the load average: that still counts what ended a minute ago, such as the build of this program, and misses what begins in between.
/// </summary>
internal sealed class Others
{
    private const string Processors = "/proc/stat";
    private const string Self = "/proc/self/stat";

    private readonly (long Busy, long All, long Own) _began = Ticks();

    /// <summary>So many cores since this was made; null where the system does not say.</summary>
    public double? Cores
    {
        get
        {
            var (busy, all, own) = Ticks();
            return all > _began.All
                ? Math.Round(Math.Max(0, (double)(busy - _began.Busy - (own - _began.Own)) / (all - _began.All) * Environment.ProcessorCount), 2)
                : null;
        }
    }

    private static (long Busy, long All, long Own) Ticks()
    {
        if (!File.Exists(Processors))
            return default;
        // user, nice, system, idle, iowait, irq, softirq, steal: of all cores together since the system's start.
        var all = Numbers(File.ReadLines(Processors).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8));
        // After the name, which may have anything in it: utime, stime, cutime and cstime are the 14th to 17th of all.
        var self = File.ReadAllText(Self);
        var own = Numbers(self[(self.LastIndexOf(')') + 2)..].Split(' ').Skip(11).Take(4));
        return (all.Sum() - all[3] - all[4], all.Sum(), own.Sum());
    }

    private static long[] Numbers(IEnumerable<string> words) => [.. words.Select(static w => long.Parse(w, CultureInfo.InvariantCulture))];
}
