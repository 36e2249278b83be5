using System.Data.Common;
using System.Text.Json;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>Records every call that changes jobs, runs or sessions: before it is sent, and when it is answered.</summary>
/// <param name="inner">The store, or what spoils it.</param>
/// <param name="recorder">Where to.</param>
/// <param name="cursorOf">Reads from a checkpoint a number that only rises.</param>
internal sealed class ObservedStore(IJobStore inner, Recorder recorder, Func<ReadOnlyMemory<byte>, double?> cursorOf) : StoreDecorator(inner)
{
    public override async Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var calls = Begin(jobs, static job => new HistoryEvent
        {
            Op = Ops.Enqueue,
            Job = job.Id.Value,
            What = job.Name,
            Order = Payloads.OrderOf(job.Payload.Span),
            Key = job.Unique is { } unique ? $"{job.Owner} {job.Name} {unique.Key}" : null,
            Scope = job.Unique?.Scope,
            Span = job.RunAt is null && job.Delay > TimeSpan.Zero ? MonotonicClock.Of(job.Delay) : null,
            MaxAttempts = job.Policy?.MaxAttempts,
            Queue = job.Queue == JobDefaults.Queue ? null : job.Queue,
            RetryDelay = job.Policy is { RetryDelay: { } delay, RetryJitter: null or 0 } ? MonotonicClock.Of(delay) : null,
        });
        var answers = await SendAsync(calls, () => Inner.EnqueueAsync(jobs, transaction, cancellationToken));
        for (var i = 0; i < calls.Length; i++)
            recorder.Record(calls[i] with { Type = EventType.Ok, Answer = answers[i].Status.ToString(), Ids = [answers[i].Id.Value] });
        return answers;
    }

    public override async Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
    {
        var call = Begin(new HistoryEvent { Op = Ops.Open, Session = worker.Session.Value, Span = MonotonicClock.Of(worker.Lease), Value = worker.ProcessId });
        await SendAsync([call], async () =>
        {
            await Inner.OpenSessionAsync(worker, cancellationToken);
            return true;
        });
        recorder.Record(call with { Type = EventType.Ok });
    }

    public override IHeart OpenHeart(SessionId session) => new ObservedHeart(Inner.OpenHeart(session), recorder, session);

    public override async Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        var call = Begin(new HistoryEvent { Op = Ops.Close, Session = session.Value });
        await SendAsync([call], async () =>
        {
            await Inner.CloseSessionAsync(session, cancellationToken);
            return true;
        });
        recorder.Record(call with { Type = EventType.Ok });
    }

    public override async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var call = Begin(new HistoryEvent { Op = Ops.Claim, Session = request.Session.Value });
        var answer = await SendAsync([call], () => Inner.ClaimAsync(request, cancellationToken));
        Claimed(call, answer.Runs, answer.Lease == LeaseReply.Lost ? "Lost" : null);
        return answer;
    }

    public override async Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
    {
        var call = Begin(new HistoryEvent { Op = Ops.Claim, Session = session.Value });
        var runs = await SendAsync([call], () => Inner.FindClaimAsync(session, claimId, cancellationToken));
        Claimed(call, runs, null);
        return runs;
    }

    public override async Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var calls = Begin(settlements, Settling);
        var answers = await SendAsync(calls, () => Inner.SettleAsync(settlements, cancellationToken));
        for (var i = 0; i < calls.Length; i++)
        {
            var state = answers[i].Status == SettleStatus.LeaseLost ? (JobState?)null : answers[i].State;
            recorder.Record(calls[i] with { Type = EventType.Ok, Answer = answers[i].Status.ToString(), State = state });
        }

        return answers;
    }

    public override async Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
    {
        var calls = Begin(updates, update => Write(Ops.Flush, update));
        var answers = await SendAsync(calls, () => Inner.FlushAsync(updates, cancellationToken));
        for (var i = 0; i < calls.Length; i++)
            recorder.Record(calls[i] with { Type = EventType.Ok, Answer = answers[i].ToString() });
        return answers;
    }

    /// <summary>As with <see cref="SaveAsync"/>: whether the caller commits is not known here.</summary>
    public override async Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var call = Begin(Settling(settlement));
        var answer = await SendAsync([call], () => Inner.SettleAsync(settlement, transaction, cancellationToken));
        recorder.Record(call with { Type = answer.Status == SettleStatus.LeaseLost ? EventType.Ok : EventType.Info, Answer = answer.Status.ToString() });
        return answer;
    }

    /// <summary>The answer tells that the run was current; whether the caller commits is not known here, so an accepted save stays a call of unknown outcome.</summary>
    public override async Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        var call = Begin(Write(Ops.Save, update));
        var answer = await SendAsync([call], () => Inner.SaveAsync(update, transaction, cancellationToken));
        recorder.Record(call with { Type = answer == WriteAnswer.LeaseLost ? EventType.Ok : EventType.Info, Answer = answer.ToString() });
        return answer;
    }

    public override async Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        var call = Begin(new HistoryEvent { Op = Ops.Recover, Session = observer?.Value, Ids = [.. proven.Select(static s => s.Value)] });
        var report = await SendAsync([call], () => Inner.RecoverAsync(observer, proven, olderThan, cancellationToken));
        recorder.Record(call with { Type = EventType.Ok, Answer = "dead", Ids = [.. report.Dead.Select(static s => s.Value)] });
        foreach (var job in report.Recovered)
            recorder.Record(call with { Type = EventType.Ok, Answer = "recovered", Job = job.Value, Ids = null });
        foreach (var job in report.Failed)
            recorder.Record(call with { Type = EventType.Ok, Answer = "failed", Job = job.Value, Ids = null });
        return report;
    }

    public override async Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        var calls = Begin(jobs, job => new HistoryEvent { Op = Ops.Act, Job = job.Value, What = action.ToString() });
        var answers = await SendAsync(calls, () => Inner.ActAsync(action, jobs, context, cancellationToken));
        for (var i = 0; i < calls.Length; i++)
        {
            // What changed nothing is as good as refused.
            var type = answers[i].Status is ActionStatus.Done or ActionStatus.Ordered ? EventType.Ok : EventType.Fail;
            recorder.Record(calls[i] with { Type = type, Answer = answers[i].Status.ToString(), State = answers[i].State });
        }

        return answers;
    }

    private void Claimed(HistoryEvent call, IReadOnlyList<ClaimedRun> runs, string? lost)
    {
        if (runs.Count == 0)
            recorder.Record(call with { Type = EventType.Ok, Answer = lost });
        foreach (var run in runs)
        {
            recorder.Record(call with
            {
                Type = EventType.Ok,
                Job = run.Key.Job.Value,
                Run = run.RunNumber,
                Token = run.Key.Token,
                Fence = run.FenceToken,
                What = run.Kind.ToString(),
                Attempts = run.FailedAttempts,
                LostRuns = run.LostRuns,
                Order = Payloads.OrderOf(run.Payload.Span),
                Value = run.Checkpoint is { } checkpoint ? cursorOf(checkpoint) : null,
            });
        }
    }

    private HistoryEvent Write(string op, RunUpdate update) => new()
    {
        Op = op,
        Job = update.Key.Job.Value,
        Token = update.Key.Token,
        Value = CursorOf(update),
        Progress = update.Progress?.Done,
        Ids = Children(update),
    };

    private double? CursorOf(RunUpdate? update) => update?.Checkpoint is { } checkpoint ? cursorOf(checkpoint.Body) : null;

    private HistoryEvent Settling(Settlement settlement) => new()
    {
        Op = Ops.Settle,
        Job = settlement.Key.Job.Value,
        Token = settlement.Key.Token,
        What = settlement.Outcome.ToString(),
        Span = settlement.Outcome switch
        {
            Outcome.Retry => MonotonicClock.Of(settlement.Delay),
            Outcome.Completed => MonotonicClock.Of(settlement.Retention),
            _ => null,
        },
        Value = CursorOf(settlement.Update),
        Progress = settlement.Update?.Progress?.Done,
        Ids = Children(settlement.Update),
    };

    private static long[]? Children(RunUpdate? update) => update?.Children is { Count: > 0 } children ? [.. children.Select(static c => c.Id.Value)] : null;

    private HistoryEvent Begin(HistoryEvent what)
    {
        var call = what with { Type = EventType.Invoke, Call = recorder.NewCall() };
        recorder.Record(call);
        return call;
    }

    private HistoryEvent[] Begin<T>(IReadOnlyList<T> parts, Func<T, HistoryEvent> event_) => [.. parts.Select(part => Begin(event_(part)))];

    /// <summary>A call that throws has an unknown outcome, unless it was refused before anything was sent.</summary>
    private async Task<T> SendAsync<T>(IReadOnlyList<HistoryEvent> calls, Func<Task<T>> send)
    {
        try
        {
            return await send();
        }
        catch (Exception e)
        {
            foreach (var call in calls)
                recorder.Record(call with { Type = e is ArgumentException ? EventType.Fail : EventType.Info, Err = e.GetType().Name });
            throw;
        }
    }
}

/// <summary>Records renewals of the lease, its loss, and each order once.</summary>
internal sealed class ObservedHeart(IHeart inner, Recorder recorder, SessionId session) : IHeart
{
    private readonly HashSet<(long Token, RunOrderKind Kind)> _orders = [];

    public BeatAnswer Beat(Beat beat)
    {
        var call = new HistoryEvent { Op = Ops.Beat, Session = session.Value, Type = EventType.Invoke, Call = beat.Renew ? recorder.NewCall() : 0 };
        if (beat.Renew)
            recorder.Record(call);
        BeatAnswer answer;
        try
        {
            answer = inner.Beat(beat);
        }
        catch (Exception e)
        {
            if (beat.Renew)
                recorder.Record(call with { Type = EventType.Info, Err = e.GetType().Name });
            throw;
        }

        if (beat.Renew)
            recorder.Record(call with { Type = EventType.Ok, Answer = answer.Lease.ToString() });
        foreach (var order in answer.Orders.Where(o => _orders.Add((o.Run.Token, o.Kind))))
            recorder.Note(new HistoryEvent { Op = Ops.Order, Session = session.Value, Job = order.Run.Job.Value, Token = order.Run.Token, What = order.Kind.ToString() });
        return answer;
    }

    public void Dispose() => inner.Dispose();
}

/// <summary>What the proof puts into payloads.</summary>
internal static class Payloads
{
    /// <summary>The property <c>order</c> of a payload, whatever else it holds; null: there is none.</summary>
    public static long? OrderOf(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("order"u8))
                    return reader.Read() && reader.TokenType == JsonTokenType.Number ? reader.GetInt64() : null;
            }
        }
        catch (JsonException)
        {
            // Not a payload of ours.
        }

        return null;
    }
}
