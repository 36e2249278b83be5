using Longhaul.Load.Bench.Limits;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>
/// A drain beside another session's open transaction, which keeps everything that was deleted since from being cleaned up; and at once the same
/// drain without it, so that each run is a pair.
/// </summary>
internal static class HeldKind
{
    public const string Name = "held-transaction";
    public const int Jobs = 600_000;
    private const int Fifths = 5;

    public static IEnumerable<Case> Of(StoreUnderTest store)
    {
        yield return new Case(Name, null,
        [
            new Contender(Contender.Longhaul, async effort => Figures(await DrainAsync(store, effort, held: true), await DrainAsync(store, effort, held: false))),
            new Contender(Contender.Limit, effort => Task.Run<IReadOnlyList<Figure>>(() => [new($"{Name}", Limit(store, effort).Rate, "jobs/s")])),
        ])
        { WarmUp = 0 };
    }

    private static async Task<Fifth> DrainAsync(StoreUnderTest store, Effort effort, bool held)
    {
        var count = effort.Count(Jobs);
        var last = 0.0;
        var spent = await Drains.MeasureAsync(store, Drains.ForShortJobs, jobs => jobs.EnqueueManyAsync(Payloads.Many(count)), async (host, postgres) =>
        {
            using var holder = held ? postgres!.Hold() : null;
            host.Tally.MarkEach(count / Fifths);
            var drained = await Drains.DrainAsync(host, count);
            last = host.Tally.Rate(Fifths - 1);
            return drained;
        });
        return new Fifth(spent, last);
    }

    private static Figure[] Figures(Fifth held, Fifth free) =>
    [
        new(Name, held.Whole.Rate, "jobs/s"),
        new($"{Name}-last", held.LastRate, "jobs/s"),
        new($"{Name}-last-without", free.LastRate, "jobs/s"),
        new($"{Name}-share", held.LastRate / free.LastRate * 100, "%"),
        new($"{Name}-pages", (double)held.Whole.Server!.Value.Pages / held.Whole.Count, "pages/job"),
        new($"{Name}-pages-without", (double)free.Whole.Server!.Value.Pages / free.Whole.Count, "pages/job"),
        new($"{Name}-server-cpu", held.Whole.Server.Value.Cpu.TotalMicroseconds / held.Whole.Count, "µs/job"),
        new($"{Name}-server-cpu-without", free.Whole.Server.Value.Cpu.TotalMicroseconds / free.Whole.Count, "µs/job"),
    ];

    private static Spent Limit(StoreUnderTest store, Effort effort)
    {
        using var scratch = store.Scratch();
        using var limit = DrainLimit.Of(store, scratch);
        limit.Insert(effort.Count(Jobs));
        scratch.Postgres!.Settle();
        using var holder = scratch.Postgres.Hold();
        return Spent.By(() => limit.Drain());
    }

    private sealed record Fifth(Spent Whole, double LastRate);
}
