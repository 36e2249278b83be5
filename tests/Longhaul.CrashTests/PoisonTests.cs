using Longhaul.Proof;
using Longhaul.Storage;

namespace Longhaul.CrashTests;

/// <summary>A job that kills its worker, with workers that a supervisor starts again.</summary>
public sealed class PoisonTests : ProcessTest
{
    [Fact]
    public async Task A_poison_job_fails_after_its_lost_runs_and_takes_no_neighbour_along()
    {
        var neighbours = new List<JobId>();
        for (var i = 0; i < 4; i++)
            neighbours.Add(await Stage.EnqueueAsync(static order => new LongJob(order, Items: 60, ItemMillis: 50)));
        var poison = await Stage.EnqueueAsync(static order => new PoisonJob(order));
        for (var i = 0; i < 4; i++)
            neighbours.Add(await Stage.EnqueueAsync(static order => new ShortJob(order, Millis: 400)));

        using var enough = new CancellationTokenSource();
        var places = Enumerable.Range(0, 2).Select(_ => SuperviseAsync(enough.Token)).ToArray();
        var dead = await Stage.UntilEndedAsync(poison, TimeSpan.FromMinutes(3));
        foreach (var neighbour in neighbours)
            (await Stage.UntilEndedAsync(neighbour, TimeSpan.FromMinutes(3))).State.ShouldBe(JobState.Completed);
        await enough.CancelAsync();
        await Task.WhenAll(places);

        dead.State.ShouldBe(JobState.Failed);
        dead.Error.ShouldNotBeNull().Type.ShouldBe("lost");
        dead.LostRuns.ShouldBe(JobDefaults.MaxLostRuns + 1);
        dead.FailedAttempts.ShouldBe(0);
        Stage.Events().Count(e => e.Op == Ops.Begin && e.Job == poison.Value).ShouldBe(JobDefaults.MaxLostRuns + 1);
    }

    /// <summary>Keeps one place for a worker filled, as a supervisor does.</summary>
    private async Task SuperviseAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var worker = Stage.StartWorker();
            await Task.WhenAny(worker.Exit, Task.Delay(Timeout.Infinite, enough));
            if (!enough.IsCancellationRequested)
                continue;
            worker.Terminate();
            await worker.WaitForExitAsync(Patience);
        }
    }
}
