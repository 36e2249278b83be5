using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>Whether it matters what else is in the store: 50,000 jobs drained alone, before a million more, and behind jobs that cannot run.</summary>
internal static class BacklogKind
{
    public const int Jobs = 50_000;
    public const int Million = 1_000_000;
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
            Contender.Of(Contender.Longhaul, name, effort =>
            {
                var count = effort.Count(Jobs);
                return Drains.MeasureAsync(
                    store,
                    Drains.ForShortJobs,
                    async jobs =>
                    {
                        await prepare(jobs, effort);
                        await jobs.EnqueueManyAsync(Payloads.Many(count));
                    },
                    host => Drains.RunAsync(host, count));
            }),
        ];

        // The limit knows neither due times nor names.
        if (limitMore is not null)
            contenders.Add(Contender.LimitOf(name, effort => Drains.Limit(store, effort.Count(Jobs), limitMore(effort))));
        return new Case("backlog", mode, contenders);
    }
}
