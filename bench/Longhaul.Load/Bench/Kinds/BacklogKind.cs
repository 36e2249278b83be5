using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>Whether it matters what else is in the store: 50,000 jobs drained alone, before a million more, and behind jobs that cannot run.</summary>
internal static class BacklogKind
{
    private const int Jobs = 50_000;
    private const int Million = 1_000_000;
    private const int Ahead = 100_000;
    private static readonly EnqueueOptions Urgent = new() { Priority = 0 };
    private static readonly EnqueueOptions UrgentLater = new() { Priority = 0, Delay = TimeSpan.FromDays(1) };

    public static IEnumerable<Case> Of(StoreUnderTest store)
    {
        yield return Make(store, "alone", static (_, _) => Task.CompletedTask, static _ => 0);
        yield return Make(store, "million", static (jobs, effort) => jobs.EnqueueManyAsync(Payloads.Many(effort.Count(Million))), static effort => effort.Count(Million));
        yield return Make(store, "ahead", static async (jobs, effort) =>
        {
            var ahead = effort.Count(Ahead);
            await jobs.EnqueueManyAsync(Payloads.Many(ahead), UrgentLater);
            await jobs.EnqueueManyAsync(Enumerable.Repeat(new Unhandled(Payloads.Job.Text), ahead), Urgent);
        }, null);
    }

    private static Case Make(StoreUnderTest store, string mode, Func<IJobClient, Effort, Task> prepare, Func<Effort, int>? limitMore)
    {
        var name = $"backlog@{mode}";
        List<Contender> contenders =
        [
            Contender.Of(Contender.Longhaul, name, async effort =>
            {
                var count = effort.Count(Jobs);
                using var scratch = new Scratch();
                await using var host = LonghaulHost.Worker(store, scratch.Database, Drains.ForShortJobs);
                await prepare(host.Jobs, effort);
                await host.Jobs.EnqueueManyAsync(Payloads.Many(count));
                return await Spent.ByAsync(() => Drains.RunAsync(host, count));
            }),
        ];

        // The limit knows neither due times nor names.
        if (limitMore is not null)
            contenders.Add(Contender.LimitOf(name, effort => Limit(store, effort.Count(Jobs), limitMore(effort))));
        return new Case("backlog", mode, contenders);
    }

    private static Spent Limit(StoreUnderTest store, int count, int more)
    {
        if (!store.IsSqlite)
        {
            var memory = new MemoryLimit();
            memory.Insert(count + more);
            return Spent.By(() => memory.Drain(count));
        }

        using var scratch = new Scratch();
        using var limit = SqliteLimit.Open(scratch.Database, store.Synchronous);
        limit.Insert(count + more);
        return Spent.By(() => limit.Drain(count));
    }
}
