using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>A store with one mistake in it.</summary>
internal sealed class BuggyStore(IJobStore inner, PlantedBug bug, Random random) : StoreDecorator(inner)
{
    private readonly Dictionary<JobId, long> _current = [];
    private readonly Dictionary<RunKey, CheckpointWrite> _earlier = [];
    private readonly HashSet<JobId> _recovered = [];
    private readonly HashSet<JobId> _completed = [];
    private ClaimedRun? _given;

    public override Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        if (bug == PlantedBug.AckBeforeWrite && jobs.Count == 1 && random.Next(20) == 0)
            return Task.FromResult<IReadOnlyList<EnqueueAnswer>>([new EnqueueAnswer(EnqueueStatus.Created, jobs[0].Id)]);
        var written = bug switch
        {
            PlantedBug.DueTimeIgnored => jobs.Select(static j => j with { Delay = TimeSpan.Zero, RunAt = null }),
            PlantedBug.UniqueKeyForgotten => jobs.Select(j => random.Next(3) == 0 ? j with { Unique = null } : j),
            _ => jobs,
        };
        return Inner.EnqueueAsync([.. written], transaction, cancellationToken);
    }

    public override IHeart OpenHeart(SessionId session)
        => bug == PlantedBug.CancelOrderSwallowed ? new DeafHeart(Inner.OpenHeart(session)) : Inner.OpenHeart(session);

    public override async Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        var answer = await Inner.ClaimAsync(request, cancellationToken);
        if (bug == PlantedBug.DeadSessionClaims && answer.Lease == LeaseReply.Lost)
        {
            var secret = new SessionId(random.NextInt64(1, long.MaxValue));
            await Inner.OpenSessionAsync(Simulation.Record(secret, "ghost", 0, TimeSpan.FromHours(1)), cancellationToken);
            return await Inner.ClaimAsync(request with { Session = secret }, cancellationToken);
        }

        if (bug == PlantedBug.RunGivenTwice && _given is { } given && answer.Runs.Count > 0 && random.Next(10) == 0)
        {
            _given = null;
            return answer with { Runs = [.. answer.Runs, given] };
        }

        foreach (var run in answer.Runs)
            _current[run.Key.Job] = run.Key.Token;
        _given = answer.Runs is [.., var last] ? last : _given;
        return answer;
    }

    public override async Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
    {
        var answers = new SettleAnswer[settlements.Count];
        for (var i = 0; i < answers.Length; i++)
        {
            var settlement = Spoil(settlements[i]);
            answers[i] = (await Inner.SettleAsync([settlement], cancellationToken))[0];
            if (bug == PlantedBug.HandBackLost && settlement.Outcome == Outcome.HandedBack && answers[i] is { Status: SettleStatus.Settled, State: JobState.Pending })
                await Inner.ActAsync(JobAction.Delete, [settlement.Key.Job], default, cancellationToken); // taken out of the run, never put back into its queue
            if (answers[i] is { Status: SettleStatus.Settled, State: JobState.Completed })
                _completed.Add(settlement.Key.Job);
        }

        return answers;
    }

    public override Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => Inner.FlushAsync([.. updates.Select(Spoil)], cancellationToken);

    public override async Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
    {
        var report = await Inner.RecoverAsync(observer, proven, olderThan, cancellationToken);
        _recovered.UnionWith(report.Recovered);
        if (report.Recovered.Count > 0 && bug == PlantedBug.RecoveryDropsJobs)
            await Inner.ActAsync(JobAction.Delete, [report.Recovered[0]], default, cancellationToken);
        if (report.Recovered.Count > 0 && bug == PlantedBug.RecoveryRevivesEndedJobs && _completed.Count > 0)
            await Inner.ActAsync(JobAction.Restart, [_completed.First()], default, cancellationToken);
        return report;
    }

    public override async Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        var answers = await Inner.ActAsync(action, jobs, context, cancellationToken);
        return bug == PlantedBug.CancelAnswersTooMuch && action == JobAction.Cancel
            ? [.. answers.Select(static a => a.Status == ActionStatus.Ordered ? a with { Status = ActionStatus.Done, State = JobState.Cancelled } : a)]
            : answers;
    }

    private Settlement Spoil(Settlement settlement)
    {
        settlement = settlement with { Key = Unfenced(settlement.Key) };
        if (settlement.Update is { } update)
            settlement = settlement with { Update = Spoil(update) };
        return (bug, settlement.Outcome) switch
        {
            (PlantedBug.RetryDelayIgnored, Outcome.Retry) => settlement with { Delay = TimeSpan.Zero },
            (PlantedBug.ErrorCountsNoAttempt, Outcome.Retry) => settlement with { Outcome = Outcome.HandedBack },
            (PlantedBug.InterruptCountsAsAttempt, Outcome.HandedBack) => settlement with { Outcome = Outcome.Retry, Error = new JobError("interrupted", "it was interrupted") },
            _ => settlement,
        };
    }

    private RunUpdate Spoil(RunUpdate update)
    {
        update = update with { Key = Unfenced(update.Key) };
        if (bug == PlantedBug.ProgressGoesBack && update.Progress is { Done: > 0 } progress)
            update = update with { Progress = progress with { Done = progress.Done - 1 } };
        if (bug != PlantedBug.CheckpointGoesBack || update.Checkpoint is not { } checkpoint)
            return update;
        // The write before arrives after the write.
        var earlier = _earlier.GetValueOrDefault(update.Key);
        _earlier[update.Key] = checkpoint;
        return earlier is null ? update : update with { Checkpoint = earlier };
    }

    /// <summary>Without the fence a write goes to whatever run the job has now.</summary>
    private RunKey Unfenced(RunKey key)
    {
        var dropped = bug == PlantedBug.FenceDropped || (bug == PlantedBug.RecoveryDoesNotFence && _recovered.Contains(key.Job));
        return dropped && _current.TryGetValue(key.Job, out var token) ? key with { Token = token } : key;
    }

    private sealed class DeafHeart(IHeart inner) : IHeart
    {
        public BeatAnswer Beat(Beat beat)
        {
            var answer = inner.Beat(beat);
            return answer with { Orders = [.. answer.Orders.Where(static o => o.Kind != RunOrderKind.Cancel)] };
        }

        public void Dispose() => inner.Dispose();
    }
}
