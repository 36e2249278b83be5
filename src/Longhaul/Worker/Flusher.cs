using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// Writes what runs have reported: dirty progress, checkpoints, logs and traces of all runs in one call every 2 s,
/// and every 200 ms for runs that somebody watches.
/// </summary>
internal sealed class Flusher(IJobStore store, Func<WorkerSession> session, WorkerOptions options, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _watched = new(0, 1);
    private Task _loop = Task.CompletedTask;

    public void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>Somebody watches: look for watched runs more often.</summary>
    public void Watched()
    {
        try
        {
            _watched.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is looking already.
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
    }

    /// <summary>Writes all that one run has to tell, now.</summary>
    public async Task FlushAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        if (!await run.EnterFlushAsync(cancellationToken).ConfigureAwait(false))
            throw new LeaseLostException(); // the run was given up (its time is over): what its code still does counts nothing
        try
        {
            if (run.State.TakeUpdate(final: false) is { } update)
                await WriteOneAsync(run.State, update, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            run.LeaveFlush();
        }
    }

    private async Task WriteOneAsync(RunState run, RunUpdate update, CancellationToken cancellationToken)
    {
        WriteAnswer answer;
        try
        {
            answer = (await store.FlushAsync([update], cancellationToken).ConfigureAwait(false))[0];
        }
        catch
        {
            run.PutBack(update);
            throw;
        }

        if (answer == WriteAnswer.LeaseLost)
        {
            run.Stop(StopReason.LeaseLost);
            throw new LeaseLostException();
        }
    }

    private async Task LoopAsync()
    {
        var backoff = new Backoff(time);
        var last = time.GetTimestamp();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var runs = session().Runs.Snapshot();
                var watched = Array.FindAll(runs, r => r.WatchedUntil > time.GetTimestamp());
                var due = options.FlushInterval - time.GetElapsedTime(last);
                if (due > TimeSpan.Zero && watched.Length == 0)
                {
                    await WaitAsync(due).ConfigureAwait(false);
                    continue;
                }

                if (due <= TimeSpan.Zero)
                    last = time.GetTimestamp();
                await FlushAsync(due <= TimeSpan.Zero ? runs : watched).ConfigureAwait(false);
                backoff.Reset();
                if (watched.Length > 0)
                    await Task.Delay(WatchInterval, time, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (backoff.Failures == 0)
                    Log.FlushFailed(logger, e);
                await backoff.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitAsync(TimeSpan due)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        var watched = _watched.WaitAsync(either.Token);
        await Task.WhenAny(watched, Task.Delay(due, time, either.Token)).ConfigureAwait(false);
        await either.CancelAsync().ConfigureAwait(false);
        _stop.Token.ThrowIfCancellationRequested();
    }

    private async Task FlushAsync(ActiveRun[] runs)
    {
        var group = new List<ActiveRun>();
        var updates = new List<RunUpdate>();
        var size = 0;
        foreach (var run in runs)
        {
            if (!await run.EnterFlushAsync(CancellationToken.None).ConfigureAwait(false))
                continue; // its settlement carries what it has to say
            if (Take(run) is not { } update)
            {
                run.LeaveFlush();
                continue;
            }

            var alone = update.Checkpoint is { Body.Length: > JobLimits.SmallCheckpointBytes };
            if (updates.Count > 0 && (alone || size + update.Size > JobLimits.FlushBytes))
            {
                await WriteAsync(group, updates).ConfigureAwait(false);
                group = [];
                updates = [];
                size = 0;
            }

            group.Add(run);
            updates.Add(update);
            size += alone ? JobLimits.FlushBytes : update.Size; // a large checkpoint is written alone
        }

        if (updates.Count > 0)
            await WriteAsync(group, updates).ConfigureAwait(false);
    }

    private RunUpdate? Take(ActiveRun run)
    {
        if (LivesLongEnough(run))
        {
            run.HeadwayTold = true;
            run.State.NoteHeadway();
        }

        return run.State.TakeUpdate(final: false);
    }

    private bool LivesLongEnough(ActiveRun run)
        => !run.HeadwayTold && run.BegunAt != 0 && run.Claim.LostRuns > 0 && time.GetElapsedTime(run.BegunAt) > JobDefaults.HeadwayAfter;

    private async Task WriteAsync(List<ActiveRun> group, List<RunUpdate> updates)
    {
        IReadOnlyList<WriteAnswer> answers;
        var began = time.GetTimestamp();
        try
        {
            answers = await store.FlushAsync(updates, CancellationToken.None).ConfigureAwait(false);
        }
        catch
        {
            for (var i = 0; i < group.Count; i++)
                group[i].State.PutBack(updates[i]);
            throw;
        }

        finally
        {
            foreach (var run in group)
                run.LeaveFlush();
        }

        var took = time.GetElapsedTime(began);
        for (var i = 0; i < group.Count; i++)
        {
            if (answers[i] == WriteAnswer.LeaseLost)
                group[i].State.Stop(StopReason.LeaseLost);
            else
                group[i].State.Written(updates[i], took);
        }
    }
}
