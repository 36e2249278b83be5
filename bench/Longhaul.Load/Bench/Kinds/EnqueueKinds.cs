using System.Diagnostics;
using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>How quickly jobs get in: one by one by one caller or by 32, each awaited, and many in one call.</summary>
internal static class EnqueueKinds
{
    public const int Callers = 32;
    public const int Many = 200_000;
    public const double Seconds = 3;

    public static IEnumerable<Case> Of(StoreUnderTest store, string? mode)
    {
        yield return Make("enqueue-one", mode, (jobs, effort) => EnqueueForAsync(jobs, effort.Time(Seconds), 1), store, (limit, effort) => limit.OneAsync(effort.Time(Seconds)));
        yield return Make("enqueue-concurrent", mode, (jobs, effort) => EnqueueForAsync(jobs, effort.Time(Seconds), Callers), store, (limit, effort) => limit.ConcurrentAsync(effort.Time(Seconds), Callers));
        yield return Make("enqueue-many", mode, (jobs, effort) => EnqueueManyAsync(jobs, effort.Count(Many)), store, (limit, effort) => limit.ManyAsync(effort.Count(Many)));
    }

    private static Case Make(string kind, string? mode, Func<IJobClient, Effort, Task<long>> measure, StoreUnderTest store, Func<IInsertLimit, Effort, Task<long>> limit)
    {
        var name = mode is null ? kind : $"{kind}@{mode}";
        return new Case(kind, mode,
        [
            Contender.Of(Contender.Longhaul, name, async effort =>
            {
                using var scratch = store.Scratch();
                Counted? before;
                Spent spent;
                await using (var host = LonghaulHost.Client(store, scratch.Database))
                {
                    await host.Jobs.EnqueueAsync(Payloads.Job); // opens the store
                    before = scratch.Postgres?.Count();
                    spent = await Spent.ByAsync(() => measure(host.Jobs, effort));
                }

                return spent with { Server = scratch.Postgres?.CountEnded() - before };
            }),
            Contender.Of(Contender.Limit, name, async effort =>
            {
                using var scratch = store.Scratch();
                using var loop = InsertLimit.Of(store, scratch);
                var before = scratch.Postgres?.Count();
                var spent = await Task.Run(() => Spent.ByAsync(() => limit(loop, effort)));
                return spent with { Server = scratch.Postgres?.Count() - before };
            }),
        ])
        {
            WarmUp = 2, // compiling what is called this often goes on for seconds, and takes one of two cores
        };
    }

    private static async Task<long> EnqueueForAsync(IJobClient jobs, TimeSpan time, int callers)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(began) < time; count++)
                await jobs.EnqueueAsync(Payloads.Job);
            return count;
        })));
        return counts.Sum();
    }

    private static async Task<long> EnqueueManyAsync(IJobClient jobs, int count)
    {
        var created = await jobs.EnqueueManyAsync(Payloads.Many(count));
        return created == count ? created : throw new InvalidOperationException($"{count} jobs should have been created, but were {created}.");
    }
}
