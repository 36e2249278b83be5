using Longhaul.Proof;
using Longhaul.Storage;

namespace Longhaul.Load.Campaigns;

/// <summary>A job that kills its worker each time, beside others, with workers that a supervisor starts again: it fails, and takes nobody along.</summary>
internal sealed class PoisonScene(Stage stage)
{
    private const int Places = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    /// <summary>What came of it.</summary>
    public sealed record Result(int Runs, int Neighbours, int Completed, IReadOnlyList<string> Broken);

    public static async Task<Result> RunAsync()
    {
        await using var stage = await Stage.OpenAsync();
        return await new PoisonScene(stage).PlayAsync();
    }

    private async Task<Result> PlayAsync()
    {
        var neighbours = new List<JobId>();
        for (var i = 0; i < 6; i++)
            neighbours.Add(await stage.EnqueueAsync(static order => new LongJob(order, Items: 60, ItemMillis: 50)));
        var poison = await stage.EnqueueAsync(static order => new PoisonJob(order));
        for (var i = 0; i < 6; i++)
            neighbours.Add(await stage.EnqueueAsync(static order => new ShortJob(order, Millis: 400)));

        using var enough = new CancellationTokenSource();
        var places = Enumerable.Range(0, Places).Select(_ => SuperviseAsync(enough.Token)).ToArray();
        var dead = await stage.UntilEndedAsync(poison, Patience);
        var ended = new List<JobRecord>();
        foreach (var neighbour in neighbours)
            ended.Add(await stage.UntilEndedAsync(neighbour, Patience));
        await enough.CancelAsync();
        await Task.WhenAll(places);

        var runs = stage.Events().Count(e => e.Op == Ops.Begin && e.Job == poison.Value);
        var broken = new List<string>();
        if (dead.State != JobState.Failed || dead.Error?.Type != "lost" || dead.FailedAttempts != 0)
            broken.Add($"the job that kills its worker must fail by its lost runs alone, but is {dead.State} ({dead.Error?.Type}) after {dead.FailedAttempts} attempts");
        if (runs != JobDefaults.MaxLostRuns + 1)
            broken.Add($"the job that kills its worker must be run until it was lost more than {JobDefaults.MaxLostRuns} times, but was run {runs} times");
        broken.AddRange(ended.Where(static n => n.State != JobState.Completed || n.FailedAttempts > 0).Select(static n => $"a neighbour of the job that kills its worker is {n.State} after {n.FailedAttempts} attempts and {n.LostRuns} lost runs"));
        return new Result(runs, neighbours.Count, ended.Count(static n => n.State == JobState.Completed), broken);
    }

    /// <summary>Keeps one place for a worker filled, as a supervisor does.</summary>
    private async Task SuperviseAsync(CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            var worker = stage.StartWorker();
            await Task.WhenAny(worker.Exit, Task.Delay(Timeout.Infinite, enough));
            if (!enough.IsCancellationRequested)
                continue;
            worker.Terminate();
            await worker.WaitForExitAsync(Patience);
        }
    }
}
