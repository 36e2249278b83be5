namespace Longhaul.Worker;

/// <summary>
/// Ends the runs of a stopping worker: interrupts at once what has safe points, lets the others finish up to their shutdown timeout,
/// then trips their tokens, and after a last moment goes without them (they are handed back with the session).
/// </summary>
internal sealed class Stopper(JobWorker worker, HungCode hung)
{
    private static readonly TimeSpan LastMoment = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    public async Task WaitForRunsAsync(Task lanes)
    {
        var began = worker.Time.GetTimestamp();
        var drained = 0L;
        while (!lanes.IsCompleted)
        {
            // A drain may become a stop while it lasts; the time for stopping counts from there.
            if (worker.IsDraining)
                drained = worker.Time.GetTimestamp();
            var stopping = worker.Time.GetElapsedTime(Math.Max(began, drained));
            if (!worker.IsDraining && !Interrupt(stopping))
                return;
            using var look = new CancellationTokenSource();
            await Task.WhenAny(lanes, Task.Delay(LookEvery, worker.Time, look.Token)).ConfigureAwait(false);
            await look.CancelAsync().ConfigureAwait(false);
        }

        await lanes.ConfigureAwait(false);
    }

    /// <summary>False: all that still runs has had its last moment.</summary>
    private bool Interrupt(TimeSpan stopping)
    {
        var waitedFor = false;
        var runs = worker.Runs();
        foreach (var run in runs)
        {
            if (run.IsSettling || hung.Contains(run))
            {
                waitedFor |= run.IsSettling;
                continue;
            }

            var limit = RunLimits.Of(run.Claim.Policy, run.Definition.Policy, worker.Options).ShutdownTimeout;
            run.State.StopAtSafePoint(StopReason.Shutdown);
            if (stopping >= limit)
            {
                run.State.Stop(StopReason.Shutdown);
                run.State.StopHard();
            }

            waitedFor |= stopping < limit + LastMoment;
        }

        // Without runs a lane still waits for a claim's answer, or for code of a session that was lost, which is not seen here: they get the worker's own time.
        return waitedFor || (runs.Length == 0 && stopping < worker.Options.ShutdownTimeout + LastMoment);
    }
}
