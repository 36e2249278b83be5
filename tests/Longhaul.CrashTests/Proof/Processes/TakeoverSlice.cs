using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// Two workers, each in a process namespace of its own, so that neither can see whether the other's process lives: as two hosts. The one that runs a
/// long job is killed, again and again, and the other goes on with it.
/// </summary>
/// <param name="stage">On a server.</param>
/// <param name="kills">How often.</param>
internal sealed class TakeoverSlice(Stage stage, int kills)
{
    /// <summary>What dies with its parent stays no longer than it.</summary>
    private static readonly string[] ElseWhere = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child=KILL"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Milliseconds from each kill until the handler ran again elsewhere.</summary>
    public async Task<IReadOnlyList<double>> RunAsync(Action<int>? progress = null)
    {
        List<ChildProcess> workers = [Start(), Start()];
        foreach (var worker in workers)
            await stage.UntilReadyAsync(worker);
        var job = await stage.EnqueueAsync(static order => new LongJob(order, Items: 1_000_000, ItemMillis: 20), static job => job with { Policy = new JobPolicy { MaxLostRuns = 1_000_000 } });
        // A server is believed for a lease after its start: until then nobody is declared dead because a lock is gone.
        await Task.Delay(new WorkerOptions().Lease, TimeProvider.System);
        List<double> took = [];
        for (var kill = 1; kill <= kills; kill++)
        {
            await stage.UntilBegunAsync(job, kill);
            await Task.Delay(TimeSpan.FromMilliseconds(500 + (kill * 97 % 1_000)), TimeProvider.System); // at any moment between two beats
            var victim = workers.Single(w => w.Name == LastBegin(job).Proc);
            var at = stage.Recorder.Now;
            victim.Kill();
            await stage.UntilAsync(events => events.Count(e => e.Op == Ops.Begin && e.Job == job.Value) > kill, Patience, "the other worker to go on");
            took.Add(MonotonicClock.Milliseconds(LastBegin(job).T - at));
            workers.Remove(victim);
            await victim.WaitForExitAsync(Patience);
            var next = Start();
            workers.Add(next);
            await stage.UntilReadyAsync(next);
            progress?.Invoke(kill);
        }

        foreach (var worker in workers)
            worker.Kill();
        return took;
    }

    private ChildProcess Start() => stage.StartWorker(through: ElseWhere);

    private HistoryEvent LastBegin(JobId job) => stage.Events().Last(e => e.Op == Ops.Begin && e.Job == job.Value);
}
