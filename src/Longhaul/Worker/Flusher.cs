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

    /// <summary>Ends, and writes what code that has not ended in its time has told until now.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        try
        {
            await FlushAsync(session().Runs.Snapshot()).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.FlushFailed(logger, e);
        }
    }

    /// <summary>Writes all that one run has to tell, now.</summary>
    public async Task FlushAsync(ActiveRun run, CancellationToken cancellationToken)
    {
        if (!await run.EnterFlushAsync(cancellationToken).ConfigureAwait(false))
            throw new LeaseLostException(); // the run was given up (its time is over): what its code still does counts nothing
        try
        {
            if (run.State.TakeUpdate(final: false) is { } update)
                await WriteOneAsync(run, update, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            run.LeaveFlush();
        }
    }

    /// <summary>A store that is away for a moment costs the handler a wait, not an attempt.</summary>
    private async Task WriteOneAsync(ActiveRun run, RunUpdate update, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(time);
        while (true)
        {
            var began = time.GetTimestamp();
            try
            {
                var answer = (await store.FlushAsync([update], cancellationToken).ConfigureAwait(false))[0];
                if (answer == WriteAnswer.Busy)
                    throw new StoreBusyException($"Job {run.Claim.Key.Job} must be free for what its run tells, but a transaction that saved its checkpoint has not ended; end it first.");
                Answered(run, update, answer, time.GetElapsedTime(began));
                if (answer == WriteAnswer.LeaseLost)
                    throw new LeaseLostException();
                return;
            }
            catch (StoreException e) when (e.IsTransient && !run.Session.HasRunOut)
            {
                if (backoff.Failures == 0)
                    Log.FlushFailed(logger, e);
                try
                {
                    await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    run.State.PutBack(update);
                    throw;
                }
            }
            catch (Exception e) when (e is not LeaseLostException)
            {
                if (IsRefusal(e))
                    run.State.Refuse(update, e);
                else
                    run.State.PutBack(update);
                throw;
            }
        }
    }

    private async Task LoopAsync()
    {
        var backoff = new Backoff(time);
        var last = time.GetTimestamp();
        var every = options.FlushInterval * 0.9; // so that it is written, too, when the interval is over: no kill may cost more than that
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var runs = session().Runs.Snapshot();
                var watched = Array.FindAll(runs, r => r.WatchedUntil > time.GetTimestamp());
                var due = every - time.GetElapsedTime(last);
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
        var group = new Group();
        foreach (var run in runs)
        {
            if (!run.TryEnterFlush())
                continue; // its own flush is on its way, or its settlement, which carries what it has to say
            var update = TakeOrLeave(run);
            if (update is null)
                continue;
            try
            {
                if (!group.HasRoomFor(update))
                    await WriteAsync(group).ConfigureAwait(false);
            }
            catch
            {
                run.State.PutBack(update);
                run.LeaveFlush();
                throw;
            }

            group.Add(run, update);
        }

        if (!group.IsEmpty)
            await WriteAsync(group).ConfigureAwait(false);
    }

    private RunUpdate? TakeOrLeave(ActiveRun run)
    {
        RunUpdate? update = null;
        try
        {
            if (LivesLongEnough(run))
            {
                run.HeadwayTold = true;
                run.State.NoteHeadway();
            }

            update = run.State.TakeUpdate(final: false);
        }
        catch (Exception e) // its own trouble: the others of the group hold their places meanwhile
        {
            Log.FlushFailed(logger, e);
        }
        finally
        {
            if (update is null)
                run.LeaveFlush();
        }

        return update;
    }

    private bool LivesLongEnough(ActiveRun run)
        => !run.HeadwayTold && run.BegunAt != 0 && run.Claim.LostRuns > 0 && time.GetElapsedTime(run.BegunAt) > JobDefaults.HeadwayAfter;

    /// <summary>Writes a group and empties it. One that is refused as a whole is written run by run, so that one bad update cannot hold up its neighbours.</summary>
    private async Task WriteAsync(Group group)
    {
        var (runs, updates) = group.TakeAll();
        try
        {
            await TryWriteAsync(runs, updates).ConfigureAwait(false);
        }
        finally
        {
            foreach (var run in runs)
                run.LeaveFlush();
        }
    }

    private async Task TryWriteAsync(IReadOnlyList<ActiveRun> runs, IReadOnlyList<RunUpdate> updates)
    {
        IReadOnlyList<WriteAnswer> answers;
        var began = time.GetTimestamp();
        try
        {
            answers = await store.FlushAsync(updates, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (IsRefusal(e))
        {
            if (runs.Count == 1)
            {
                Log.FlushRefused(logger, runs[0].Claim.Key.Job, e);
                runs[0].State.Refuse(updates[0], e);
                return;
            }

            for (var i = 0; i < runs.Count; i++)
            {
                try
                {
                    await TryWriteAsync([runs[i]], [updates[i]]).ConfigureAwait(false);
                }
                catch
                {
                    for (var rest = i + 1; rest < runs.Count; rest++)
                        runs[rest].State.PutBack(updates[rest]);
                    throw;
                }
            }

            return;
        }
        catch
        {
            for (var i = 0; i < runs.Count; i++)
                runs[i].State.PutBack(updates[i]);
            throw;
        }

        var took = time.GetElapsedTime(began);
        for (var i = 0; i < runs.Count; i++)
            Answered(runs[i], updates[i], answers[i], took);
    }

    private static void Answered(ActiveRun run, RunUpdate update, WriteAnswer answer, TimeSpan took)
    {
        if (answer == WriteAnswer.LeaseLost)
        {
            run.State.Stop(StopReason.LeaseLost);
        }
        else if (answer == WriteAnswer.Busy)
        {
            run.State.PutBack(update); // the next flush tells it again
        }
        else
        {
            run.State.Written(update, took);
            if (update.Headway)
                run.Session.Runs.HasHeadway(run);
        }
    }

    /// <summary>Whether the store would say the same again: trying once more helps nobody.</summary>
    private static bool IsRefusal(Exception error) => error is StoreException { IsTransient: false } or ArgumentException;

    /// <summary>Runs that are written in one call.</summary>
    private sealed class Group
    {
        private List<ActiveRun> _runs = [];
        private List<RunUpdate> _updates = [];
        private int _size;

        public bool IsEmpty => _runs.Count == 0;

        public bool HasRoomFor(RunUpdate update) => _runs.Count == 0 || (!IsLarge(update) && _size + update.Size <= JobLimits.FlushBytes);

        public void Add(ActiveRun run, RunUpdate update)
        {
            _runs.Add(run);
            _updates.Add(update);
            _size += IsLarge(update) ? JobLimits.FlushBytes : update.Size; // a large checkpoint is written alone
        }

        public (IReadOnlyList<ActiveRun> Runs, IReadOnlyList<RunUpdate> Updates) TakeAll()
        {
            var all = (_runs, _updates);
            (_runs, _updates, _size) = ([], [], 0);
            return all;
        }

        private static bool IsLarge(RunUpdate update) => update.Checkpoint is { Body.Length: > JobLimits.SmallCheckpointBytes };
    }
}
