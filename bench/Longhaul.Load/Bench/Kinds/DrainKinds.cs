using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>How quickly a worker gets through a backlog of no-op jobs, from its start until the last is settled.</summary>
internal static class DrainKinds
{
    public const int Jobs = 200_000;
    private static readonly EnqueueOptions Delete = new() { Retention = TimeSpan.Zero };

    /// <summary>As users have it by default, completed jobs are kept; with <c>delete</c> they go at completion; with <c>default</c> the worker's own settings.</summary>
    public static IEnumerable<Case> Of(StoreUnderTest store, string? mode)
    {
        yield return Make(store, mode, null, Drains.ForShortJobs);
        yield return Make(store, Join(mode, "delete"), Delete, Drains.ForShortJobs);
        yield return Make(store, Join(mode, "default"), null, static _ => { });
    }

    private static string Join(string? mode, string more) => mode is null ? more : $"{mode}-{more}";

    private static Case Make(StoreUnderTest store, string? mode, EnqueueOptions? options, Action<WorkerOptions> worker)
    {
        var name = mode is null ? "drain" : $"drain@{mode}";
        return new Case("drain", mode,
        [
            Contender.Of(Contender.Longhaul, name, effort =>
            {
                var count = effort.Count(Jobs);
                return Drains.MeasureAsync(store, worker, jobs => jobs.EnqueueManyAsync(Payloads.Many(count), options), host => Drains.DrainAsync(host, count));
            }),
            Contender.LimitOf(name, effort => Drains.Limit(store, effort.Count(Jobs))),
        ]);
    }
}
