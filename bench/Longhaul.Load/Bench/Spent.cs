using System.Diagnostics;
using Longhaul.Load.Bench.Postgres;

namespace Longhaul.Load.Bench;

/// <summary>What so many jobs have cost.</summary>
/// <param name="Count">How many.</param>
/// <param name="Time">From begin to end.</param>
/// <param name="Cpu">Of all threads of this process: steadier than time on a machine that others use too.</param>
/// <param name="Allocated">Bytes, by all threads.</param>
internal readonly record struct Spent(long Count, TimeSpan Time, TimeSpan Cpu, long Allocated)
{
    private const string RateUnit = "jobs/s";
    private const string CpuUnit = "µs/job";

    public double Rate => Count / Time.TotalSeconds;

    public double CpuMicroseconds => Cpu.TotalMicroseconds / Count;

    public double AllocatedBytes => (double)Allocated / Count;

    /// <summary>What a server of its own has done for it; null: the store is in this process.</summary>
    public Counted? Server { get; init; }

    /// <summary>The rate, and beside it what a job has cost.</summary>
    public IReadOnlyList<Figure> Figures(string name)
        => [new(name, Rate, RateUnit), new($"{name}-cpu", CpuMicroseconds, CpuUnit), .. Server is { } server ? server.Figures(name, Count) : []];

    /// <summary>Does something that says how many jobs it did.</summary>
    public static Spent By(Func<long> work)
    {
        var before = Mark.Now();
        return before.Until(work());
    }

    /// <inheritdoc cref="By(Func{long})"/>
    public static async Task<Spent> ByAsync(Func<Task<long>> work)
    {
        var before = Mark.Now();
        return before.Until(await work());
    }

    private readonly record struct Mark(long At, TimeSpan Cpu, long Allocated)
    {
        public static Mark Now() => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());

        public Spent Until(long count)
        {
            var time = Stopwatch.GetElapsedTime(At);
            return new Spent(count, time, Environment.CpuUsage.TotalTime - Cpu, GC.GetTotalAllocatedBytes() - Allocated);
        }
    }
}
