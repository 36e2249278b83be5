using System.Diagnostics;
using System.Text.Json;
using Longhaul.Load.Bench.Subjects;
using Microsoft.Extensions.DependencyInjection;

namespace Longhaul.Load.Bench.Kinds;

/// <summary>What the engine itself costs, on the memory store: a no-op job from claim to settle, and an item of a loop.</summary>
internal static class EngineKinds
{
    private const int Jobs = 500_000;
    private const int Items = 1_000_000;

    public static IEnumerable<Case> All()
    {
        yield return new Case("engine", null, [new Contender(Contender.Longhaul, EngineAsync), new Contender(Contender.Limit, PlainJobsAsync)]);
        yield return new Case("loop", null, [new Contender(Contender.Longhaul, LoopAsync), new Contender(Contender.Limit, PlainLoopAsync)]);
    }

    private static async Task<IReadOnlyList<Figure>> EngineAsync(Effort effort)
    {
        var count = effort.Count(Jobs);
        await using var host = LonghaulHost.Worker(StoreUnderTest.Memory, "", Drains.ForShortJobs);
        await host.Jobs.EnqueueManyAsync(Payloads.Many(count));
        GC.Collect();
        return Figures(await Spent.ByAsync(() => Drains.DrainAsync(host, count)));
    }

    /// <summary>The least that running a job asks for: its JSON read, a scope, its handler made and called.</summary>
    private static async Task<IReadOnlyList<Figure>> PlainJobsAsync(Effort effort)
    {
        var count = effort.Count(Jobs);
        var services = new ServiceCollection();
        services.AddSingleton<Tally>().AddTransient<NoOpHandler>();
        await using var provider = services.BuildServiceProvider();
        return Figures(await Spent.ByAsync(async () =>
        {
            for (var i = 0; i < count; i++)
            {
                var job = JsonSerializer.Deserialize<NoOp>(Payloads.Bytes, JsonSerializerOptions.Web)!;
                await using var scope = provider.CreateAsyncScope();
                await scope.ServiceProvider.GetRequiredService<NoOpHandler>().HandleAsync(job, null!, CancellationToken.None);
            }

            return count;
        }));
    }

    private static Figure[] Figures(Spent spent) =>
    [
        new("engine@cpu", spent.CpuMicroseconds, "µs/job"),
        new("engine@time", spent.Time.TotalMicroseconds / spent.Count, "µs/job"),
        new("engine@memory", spent.AllocatedBytes, "bytes/job"),
    ];

    private static async Task<IReadOnlyList<Figure>> LoopAsync(Effort effort)
    {
        await using var host = LonghaulHost.Worker(StoreUnderTest.Memory, "");
        await host.StartAsync();
        var count = effort.Count(Items);
        var job = await host.Jobs.EnqueueAsync(new Loop(count));
        var ended = await host.Jobs.WaitAsync(job.Id, TimeSpan.FromMinutes(5));
        return [new("loop", ended.ResultAs<double>() * 1e6 / count, "ns/item")];
    }

    private static async Task<IReadOnlyList<Figure>> PlainLoopAsync(Effort effort)
    {
        var count = effort.Count(Items);
        var began = Stopwatch.GetTimestamp();
        await foreach (var item in LoopHandler.SourceAsync(0, count))
            await LoopHandler.BodyAsync(item, CancellationToken.None);
        return [new("loop", Stopwatch.GetElapsedTime(began).TotalNanoseconds / count, "ns/item")];
    }
}
