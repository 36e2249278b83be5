using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <summary>Ends runs.</summary>
internal sealed class SettleVerb(Transaction tx)
{
    private readonly Statement _run = tx.Db.Get("Settle.Run");
    private readonly Statement _leave = tx.Db.Get("Settle.Leave");
    private readonly Statement _leavePlain = tx.Db.Get("Settle.LeavePlain");

    /// <summary>Ends runs, each on its own. A refused one does not keep the others from their end: its error is thrown when all are written.</summary>
    public Answers<SettleAnswer> Run(IReadOnlyList<Settlement> settlements)
    {
        var answers = new SettleAnswer[settlements.Count];
        StoreException? refusal = null;
        for (var i = 0; i < answers.Length; i++)
        {
            try
            {
                answers[i] = Run(settlements[i]);
            }
            catch (StoreException exception)
            {
                refusal ??= exception; // thrown before anything of this one was written
            }
        }

        return new(answers, refusal);
    }

    /// <summary>The job's run, when it is this one and its session is alive.</summary>
    public CurrentRun? Current(RunKey key)
    {
        var run = Read(key.Job.Value);
        return run?.Token == key.Token && tx.IsAlive(run.Session) ? run : null;
    }

    public CurrentRun? Read(long job)
    {
        if (!_run.Set(1, job).First())
            return null;
        var run = new CurrentRun
        {
            Id = job,
            Token = _run.Long(0),
            Session = _run.Long(1),
            Claimed = _run.Long(2),
            Fence = _run.Long(3),
            Lane = tx.Lanes[_run.Long(4)],
            Priority = _run.Long(5),
            Due = _run.Long(6),
            Flags = (JobFlags)_run.Long(7),
            RunNumber = _run.Int(8),
            Order = (RunOrderKind?)_run.LongOrNull(9),
            OrderedBy = _run.TextOrNull(10),
            OrderedReason = _run.TextOrNull(11),
            Begun = _run.Bool(12),
        };
        _run.Reset();
        return run;
    }

    private SettleAnswer Run(Settlement settlement)
    {
        if (IsPlain(settlement) && TryCompletePlain(settlement))
            return new(SettleStatus.Settled, JobState.Completed);
        if (Current(settlement.Key) is not { } run)
            return NotCurrent(settlement.Key);
        if (settlement.Update is { } update)
            tx.Update.Apply(run, update);

        return new(SettleStatus.Settled, End(run, settlement, run.Token));
    }

    /// <summary>Hands a run back for a worker that leaves without settling it: its token has settled nothing.</summary>
    public void HandBack(CurrentRun run, string? reason)
    {
        var settlement = new Settlement
        {
            Key = new(new(run.Id), run.Token),
            Outcome = Outcome.HandedBack,
            Reason = reason,
            Duration = StoreClock.Span(tx.Now - run.Claimed),
        };
        _ = End(run, settlement, settledBy: null);
    }

    private static bool IsPlain(Settlement settlement)
        => settlement is { Outcome: Outcome.Completed, Update: null, CodeStillRuns: false, Error: null } && settlement.Duration <= JobDefaults.HistoryAfter;

    /// <summary>The common case: a job that ran once, shortly, and left nothing but its end.</summary>
    private bool TryCompletePlain(Settlement settlement)
    {
        var (job, token) = settlement.Key;
        if (!tx.PlainRuns.Take(job.Value, token, out var run) || !tx.IsAlive(run.Session)
            || _leavePlain.Set(1, job.Value).Set(2, token).Set(3, (long)run.Flags).RunCounted() == 0)
            return false;
        tx.Ends.Complete(new(job.Value, run.Lane, 0, run.Flags), runNumber: 1, token, settlement.Retention);
        return true;
    }

    /// <summary>The answer to a token that is not that of the job's run: it may have settled before.</summary>
    private SettleAnswer NotCurrent(RunKey key)
    {
        var row = tx.Db.Get("Settle.RunState").Set(1, key.Job.Value);
        if (!row.First())
        {
            return tx.Db.Get("Settle.GoneToken").Set(1, key.Job.Value).Set(2, key.Token).Scalar() is null
                ? new(SettleStatus.LeaseLost, default)
                : new(SettleStatus.AlreadyYours, JobState.Completed);
        }

        var state = (JobState)row.Long(0);
        var settledBefore = row.LongOrNull(1) == key.Token || row.LongOrNull(2) == key.Token;
        row.Reset();
        return settledBefore ? new(SettleStatus.AlreadyYours, state) : new(SettleStatus.LeaseLost, default);
    }

    private JobState End(CurrentRun run, Settlement settlement, long? settledBy)
    {
        _leave.Set(1, run.Id).Run();
        if (settlement.CodeStillRuns)
        {
            tx.Moves.AddHold(run.Id, run.Token, run.Session);
            run.Flags |= JobFlags.Hold | JobFlags.State;
        }

        if (run.IsHook)
            return EndHook(run, settlement, settledBy);

        var outcome = AsOrdered(settlement.Outcome, run.Order);
        var counts = settlement.Outcome is Outcome.Retry or Outcome.Failed;
        WriteHistory(run, settlement, outcome);
        if (outcome == Outcome.Completed)
            return Complete(run, settlement);

        var state = Remember(run, settledBy);
        if (counts)
            state.FailedAttempts++;
        var due = settlement.Outcome switch // a retry that is paused waits out its delay after the resume
        {
            _ when outcome == Outcome.Cancelled => run.Due,
            Outcome.Retry => StoreClock.Later(tx.Now, settlement.Delay),
            Outcome.Yielded => tx.Now,
            _ => run.Due,
        };
        if (due != run.Due)
            state.Due = due;
        if (outcome == Outcome.Failed && settlement.FailedHook)
            state.HookDue = tx.Now;
        tx.States.Save(state);
        if (counts)
            tx.States.SetError(run.Id, settlement.Error);
        if (outcome is Outcome.Cancelled or Outcome.Paused)
            tx.States.SetReason(run.Id, ReasonOf(run, settlement));

        switch (outcome)
        {
            case Outcome.Failed:
                tx.Ends.Fail(run.Place, run.RunNumber, run.Token, settlement.FailedHook, JobState.Running);
                return JobState.Failed;
            case Outcome.Cancelled:
                tx.Ends.Cancel(run.Place, run.RunNumber, settledBy, JobState.Running);
                return JobState.Cancelled;
            case Outcome.Paused:
                tx.Moves.ToHeld(run.Place, JobState.Paused, JobState.Running);
                return JobState.Paused;
            default:
                return tx.Moves.ToPending(run.Place, due, JobState.Running);
        }
    }

    private JobState Complete(CurrentRun run, Settlement settlement)
    {
        if (run.Flags.HasFlag(JobFlags.State))
        {
            tx.States.Save(Remember(run, run.Token));
            tx.States.SetError(run.Id, null);
            tx.States.SetReason(run.Id, null);
        }

        tx.Ends.Complete(run.Place, run.RunNumber, run.Token, settlement.Retention);
        return JobState.Completed;
    }

    /// <summary>The hook of a failed job: whatever its end, the job stays as it is.</summary>
    private JobState EndHook(CurrentRun run, Settlement settlement, long? settledBy)
    {
        var state = Remember(run, settledBy);
        state.HookDue = settlement.Outcome switch
        {
            Outcome.Retry => ++state.HookTries < JobDefaults.FailedHookTries ? StoreClock.Later(tx.Now, settlement.Delay) : null,
            Outcome.HandedBack or Outcome.Yielded or Outcome.Paused => run.Due,
            _ => null,
        };
        tx.States.Save(state);
        tx.Ends.HookEnded(run.Place, state.HookDue);
        return JobState.Failed;
    }

    /// <summary>What the job must still know when its run is gone.</summary>
    public StateRow Remember(CurrentRun run, long? settledBy)
    {
        var state = tx.States.Need(run.Id, run.Flags);
        run.Flags |= JobFlags.State;
        state.RunNumber = run.RunNumber;
        state.Fence = run.Fence;
        state.SettledToken = settledBy ?? state.SettledToken;
        if (run.RunNumber == 1)
            state.Started = run.Claimed;
        return state;
    }

    private static Outcome AsOrdered(Outcome outcome, RunOrderKind? order) => (outcome, order) switch
    {
        (Outcome.Retry or Outcome.HandedBack or Outcome.Yielded or Outcome.Paused, RunOrderKind.Cancel) => Outcome.Cancelled,
        (Outcome.Retry or Outcome.HandedBack or Outcome.Yielded, RunOrderKind.Pause) => Outcome.Paused,
        (Outcome.Paused, null) => Outcome.HandedBack, // the order was withdrawn
        _ => outcome,
    };

    private static string? ReasonOf(CurrentRun run, Settlement settlement)
        => run.Order is null ? settlement.Reason.Cleaned() : StorageText.Reason(run.OrderedBy, run.OrderedReason);

    private void WriteHistory(CurrentRun run, Settlement settlement, Outcome outcome)
    {
        var kind = outcome switch
        {
            Outcome.Completed => HistoryKind.Completed,
            Outcome.Failed => HistoryKind.Failed,
            Outcome.Retry => HistoryKind.Retried,
            Outcome.Cancelled => HistoryKind.Cancelled,
            Outcome.Paused => HistoryKind.Paused,
            _ => HistoryKind.HandedBack,
        };
        var isOfPeople = run.Order is not null && outcome is Outcome.Cancelled or Outcome.Paused;
        if (!isOfPeople && settlement.Error is null && settlement.Duration <= JobDefaults.HistoryAfter)
            return;
        tx.History.OfRun(run, kind, settlement.Duration, settlement.Error, run.OrderedBy, run.Order is null ? settlement.Reason : run.OrderedReason);
    }
}
