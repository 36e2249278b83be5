using Longhaul.Proof;

namespace Longhaul.CrashTests;

/// <summary>An orderly stop, with real processes and SIGTERM.</summary>
public sealed class StopTests : ProcessTest
{
    [Fact]
    public async Task A_worker_does_its_jobs_and_ends_in_order()
    {
        var worker = await Stage.StartReadyWorkerAsync();
        for (var i = 0; i < 20; i++)
            await Stage.EnqueueAsync(static order => new ShortJob(order));

        await Stage.DrainAsync(Patience);
        worker.Terminate();
        await worker.WaitForExitAsync(Patience);

        worker.ExitCode.ShouldBe(0);
        Tried(await CheckAsync(), "I3").ShouldBe(20);
    }

    [Fact]
    public async Task A_stopped_worker_ends_with_its_current_items_and_another_goes_on_at_once()
    {
        var job = await Stage.EnqueueAsync(static order => new LongJob(order, Items: 300, ItemMillis: 50, Parallelism: 2));
        var first = await Stage.StartReadyWorkerAsync();
        await Stage.UntilAsync(e => e.Count(static i => i.Op == Ops.Item) >= 10, Patience, "ten items");
        var second = await Stage.StartReadyWorkerAsync();

        first.Terminate();
        await first.WaitForExitAsync(Patience);
        await Stage.UntilBegunAsync(job, times: 2);

        var events = Stage.Events();
        var asked = events.Single(static e => e.Op == Ops.Terminate).T;
        var lastItem = Math.Max(asked, events.Where(e => e.Op == Ops.Item && e.Proc == first.Name).Max(static e => e.T));
        var ended = events.Single(e => e.Op == Ops.Exit && e.What == first.Name).T;
        var handedBack = events.Single(e => e is { Op: Ops.Settle, Type: EventType.Ok, What: "HandedBack" } && e.Proc == first.Name).T;
        var wentOn = events.First(e => e.Op == Ops.Begin && e.Proc == second.Name).T;
        first.ExitCode.ShouldBe(0);
        (lastItem - asked).ShouldBeLessThan(MonotonicClock.Of(Limits.Seconds(1)), "no new item begins after SIGTERM");
        (ended - lastItem).ShouldBeLessThan(MonotonicClock.Of(Limits.Seconds(1)), "the process ends within 1 s of its last item");
        (wentOn - handedBack).ShouldBeLessThan(MonotonicClock.Of(Limits.Seconds(1)), "another worker goes on within 1 s");

        var done = await Stage.UntilEndedAsync(job, TimeSpan.FromMinutes(2));
        done.State.ShouldBe(JobState.Completed);
        done.FailedAttempts.ShouldBe(0);
        done.LostRuns.ShouldBe(0);
        done.RunNumber.ShouldBe(2);
        var items = Stage.Events().Where(static e => e.Op == Ops.Item).Select(static e => e.Value!.Value).ToList();
        items.Order().ShouldBe(Enumerable.Range(1, 300).Select(static i => (double)i), "an orderly stop costs nothing: each item once");
        await Stage.StopAllAsync(Patience);
        Tried(await CheckAsync(), "I25").ShouldBe(2);
    }
}
