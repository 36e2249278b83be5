using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>A run in the hands of a simulated worker, with its handler.</summary>
internal sealed class SimRun(ClaimedRun claim, SimSession session, Recorder ledger, PlantedBug bug)
{
    private readonly SimJob _job = SimJob.Of(claim.Payload);
    private int _step;
    private int _stubborn;
    private int _cursor = claim.Checkpoint is { } checkpoint ? (int)SimJob.CursorOf(checkpoint)!.Value : 0;
    private int _flushed;

    public ClaimedRun Claim => claim;

    public SimSession Session => session;

    /// <summary>Why it is to stop; null: it is not.</summary>
    public StopReason? Told { get; private set; }

    /// <summary>How it ends, once that is known; repeated until the store has answered.</summary>
    public Settlement? Settlement { get; private set; }

    /// <summary>Whether the store has said what became of the end.</summary>
    public bool IsSettled { get; set; }

    /// <summary>Whether the handler has returned.</summary>
    public bool HasEnded { get; private set; }

    public bool IsDirty => _cursor > _flushed;

    public void Tell(StopReason reason)
    {
        if (Told is not null && reason != StopReason.LeaseLost)
            return;
        if (Told is null && !HasEnded)
            Write(Ops.Told, what: reason.ToString());
        Told = reason;
    }

    /// <summary>What it has to say, and what is to be taken back when that did not arrive.</summary>
    public RunUpdate? TakeUpdate()
    {
        if (!IsDirty)
            return null;
        _flushed = _cursor;
        return Update();
    }

    public void PutBack() => _flushed = 0;

    /// <summary>Goes on with the work for one step.</summary>
    public void Step()
    {
        if (HasEnded)
            return;
        if (claim.Kind == RunKind.FailedHook)
        {
            End("hook", new Settlement { Key = claim.Key, Outcome = Outcome.Completed });
            return;
        }

        if (_step++ == 0)
            Write(Ops.Begin);
        if (Told is not null && _stubborn++ >= _job.Stubborn)
        {
            End("stopped", Interrupted());
            return;
        }

        if (_step % 2 == 0)
            Work();
    }

    private void Work()
    {
        var failsHere = claim.FailedAttempts < _job.Errors && _cursor >= Math.Min(_job.Items - 1, 1 + claim.FailedAttempts);
        if (failsHere)
        {
            End("failed", Failed());
            return;
        }

        if (_cursor < _job.Items)
        {
            Write(Ops.Item, value: ++_cursor);
            if (bug == PlantedBug.SettledBeforeHandlerEnds && _cursor == _job.Items && Settlement is null)
                Settlement = Completed(); // while the handler goes on for another step
            return;
        }

        End("done", Settlement ?? Completed());
    }

    private void End(string how, Settlement settlement)
    {
        Write(Ops.End, what: how);
        HasEnded = true;
        Settlement ??= settlement;
    }

    private Settlement Completed() => new() { Key = claim.Key, Outcome = Outcome.Completed, Update = Update() };

    private Settlement Failed()
    {
        var error = new JobError("SimulatedException", "it was to fail");
        var attempt = claim.FailedAttempts + 1;
        var last = attempt >= (claim.Policy?.MaxAttempts ?? JobDefaults.MaxAttempts) && bug != PlantedBug.AttemptsUnlimited;
        var first = claim.Policy?.RetryDelay ?? TimeSpan.FromSeconds(1);
        return last
            ? new Settlement { Key = claim.Key, Outcome = Outcome.Failed, Error = error, FailedHook = _job.Hook, Update = Update() }
            : new Settlement { Key = claim.Key, Outcome = Outcome.Retry, Error = error, Delay = bug == PlantedBug.BackoffDoesNotGrow ? first : first * (1 << claim.FailedAttempts), Update = Update() };
    }

    private Settlement Interrupted() => new()
    {
        Key = claim.Key,
        Outcome = Told switch
        {
            StopReason.Cancelled => Outcome.Cancelled,
            StopReason.Paused => Outcome.Paused,
            _ => Outcome.HandedBack,
        },
        Update = Update(),
    };

    private RunUpdate Update() => new()
    {
        Key = claim.Key,
        Progress = new ProgressRecord { Done = _cursor, Total = _job.Items },
        Checkpoint = new CheckpointWrite(SimJob.Checkpoint(_cursor)),
        Headway = _cursor > 0,
    };

    private void Write(string op, string? what = null, double? value = null) => ledger.Note(new HistoryEvent
    {
        Op = op,
        Job = claim.Key.Job.Value,
        Run = claim.RunNumber,
        Token = claim.Key.Token,
        Fence = claim.FenceToken,
        Order = _job.Order,
        What = what,
        Value = value,
    });
}

/// <summary>One life of a simulated worker in the store's eyes.</summary>
internal sealed class SimSession(SessionId id, IHeart heart, TimeSpan openedAt)
{
    public SessionId Id => id;

    public IHeart Heart => heart;

    public TimeSpan RenewedAt { get; set; } = openedAt;

    public bool IsLost { get; set; }
}
