using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly Dictionary<long, Gone> _gone = [];
    private readonly Queue<long> _goneInOrder = new();

    /// <inheritdoc/>
    public Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlements);
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<IReadOnlyList<SettleAnswer>>(cancellationToken);

        var answers = new SettleAnswer[settlements.Count];
        lock (_gate)
        {
            var now = Now();
            for (var i = 0; i < answers.Length; i++)
                answers[i] = Settle(settlements[i], now);
        }

        return Task.FromResult<IReadOnlyList<SettleAnswer>>(answers);
    }

    /// <inheritdoc/>
    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(runs);
        lock (_gate)
        {
            var now = Now();
            foreach (var run in runs)
            {
                if (run.Token != 0 && _jobs.Find(run.Job.Value) is { } job && job.HoldToken == run.Token)
                    EndHold(job, now);
            }
        }

        return Task.CompletedTask;
    }

    private SettleAnswer Settle(Settlement settlement, long now)
    {
        var (id, token) = settlement.Key;
        if (token == 0 || _jobs.Find(id.Value) is not { } job)
        {
            return token != 0 && _gone.TryGetValue(id.Value, out var gone) && gone.Token == token && gone.Until > now
                ? new SettleAnswer(SettleStatus.AlreadyYours, JobState.Completed)
                : new SettleAnswer(SettleStatus.LeaseLost, default);
        }

        if (job.Token != token)
            return job.SettledToken == token ? new SettleAnswer(SettleStatus.AlreadyYours, job.State) : new SettleAnswer(SettleStatus.LeaseLost, job.State);

        if (settlement.Update is { } update)
            Apply(update, job, now);
        var (session, asked) = (job.Session!, job.Asked);
        var isHook = job.RunKind == RunKind.FailedHook;
        EndRun(job);
        job.SettledToken = token;
        if (settlement.CodeStillRuns)
        {
            job.HoldToken = token;
            job.HoldSession = session;
            session.Holds.Add(job);
        }

        if (isHook)
        {
            SettleHook(settlement, job, now);
            return new SettleAnswer(SettleStatus.Settled, job.State);
        }

        var outcome = Ordered(settlement.Outcome, asked?.Kind);
        if (settlement.Duration > JobDefaults.HistoryAfter || settlement.Error is not null || (asked is not null && outcome is Outcome.Cancelled or Outcome.Paused))
            RecordEnd(job, outcome, settlement, session, asked, now);
        SettleJob(job, outcome, settlement, asked is null ? Clean(settlement.Reason) : StorageText.Reason(asked.By, asked.Reason), now);
        return new SettleAnswer(SettleStatus.Settled, job.State);
    }

    /// <summary>What an order makes of an outcome.</summary>
    private static Outcome Ordered(Outcome outcome, RunOrderKind? asked) => (outcome, asked) switch
    {
        (Outcome.Completed or Outcome.Failed or Outcome.Cancelled, _) => outcome,
        (_, RunOrderKind.Cancel) => Outcome.Cancelled,
        (_, RunOrderKind.Pause) => Outcome.Paused,
        (Outcome.Paused, null) => Outcome.HandedBack, // the pause was withdrawn before it was carried out
        _ => outcome,
    };

    private void SettleJob(StoredJob job, Outcome outcome, Settlement settlement, string? reason, long now)
    {
        if (settlement.Outcome is Outcome.Retry or Outcome.Failed)
        {
            job.FailedAttempts++;
            job.Error = Clean(settlement.Error);
        }

        switch (outcome)
        {
            case Outcome.Completed:
                Complete(job, settlement, now);
                break;
            case Outcome.Failed:
                Finish(job, JobState.Failed, JobDefaults.FailedRetention, now);
                if (settlement.FailedHook)
                    MakeHookDue(job, now, now);
                break;
            case Outcome.Cancelled:
                Cancel(job, reason, now);
                break;
            case Outcome.Paused:
                if (settlement.Outcome is Outcome.Retry or Outcome.Yielded)
                    job.DueAt = settlement.Outcome == Outcome.Retry ? After(now, settlement.Delay) : now;
                Pause(job, reason, now);
                break;
            case Outcome.Retry:
                MakePending(job, After(now, settlement.Delay), now);
                break;
            case Outcome.Yielded:
                MakePending(job, now, now);
                break;
            default:
                MakePending(job, job.DueAt, now);
                break;
        }
    }

    private void Complete(StoredJob job, Settlement settlement, long now)
    {
        job.Error = null;
        job.NextKind = RunKind.Job;
        Finish(job, JobState.Completed, settlement.Retention, now);
        if (settlement.Retention > TimeSpan.Zero)
            return;

        _gone[job.Id] = new Gone(job.Nonce, job.SettledToken, After(now, JobDefaults.NonceRetention));
        _goneInOrder.Enqueue(job.Id);
        Remove(job);
        ForgetGone(now, atMost: 2); // more than come, so that they stay few without a prune
    }

    private void SettleHook(Settlement settlement, StoredJob job, long now)
    {
        switch (settlement.Outcome)
        {
            case Outcome.Retry when ++job.HookTries < JobDefaults.FailedHookTries:
                MakeHookDue(job, After(now, settlement.Delay), now);
                break;
            case Outcome.HandedBack or Outcome.Yielded or Outcome.Paused:
                MakeHookDue(job, job.HookDueAt, now);
                break;
            default:
                DropHook(job);
                break;
        }
    }

    /// <summary>The old code of a job has ended: what waited for it goes on.</summary>
    private void EndHold(StoredJob job, long now)
    {
        ForgetHold(job);
        if (job.State == JobState.Waiting)
            MakePending(job, job.DueAt, now);
        else if (job.HookDue)
            MakeHookDue(job, job.HookDueAt, now);
    }

    private static void ForgetHold(StoredJob job)
    {
        job.HoldSession?.Holds.Remove(job);
        job.HoldSession = null;
        job.HoldToken = 0;
    }

    private void ForgetGone(long now, int atMost)
    {
        while (atMost-- > 0 && _goneInOrder.TryPeek(out var id) && (!_gone.TryGetValue(id, out var gone) || gone.Until <= now))
        {
            _goneInOrder.Dequeue();
            _gone.Remove(id);
        }
    }

    private static string? Clean(string? text) => text is null ? null : StorageText.Clean(text);

    private static JobError? Clean(JobError? error)
        => error is null ? null : new JobError(StorageText.Clean(error.Type), StorageText.Clean(error.Message), Clean(error.Detail));

    /// <summary>What is left of a job that went at completion, so that repeated writes find it.</summary>
    private readonly record struct Gone(long Nonce, long Token, long Until);
}
