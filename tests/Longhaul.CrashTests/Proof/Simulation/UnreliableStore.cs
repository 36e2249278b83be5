using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>The way from one process to the store: it may lose a call, or the answer of a call that was carried out, or be cut for a while.</summary>
internal sealed class UnreliableStore(IJobStore inner, Random random) : StoreDecorator(inner)
{
    /// <summary>Share of calls that are lost before they are carried out.</summary>
    public double LosesCalls { get; set; }

    /// <summary>Share of calls that are carried out and whose answer is lost.</summary>
    public double LosesAnswers { get; set; }

    /// <summary>Nothing comes through.</summary>
    public bool IsCut { get; set; }

    public override Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => PassAsync(() => Inner.EnqueueAsync(jobs, transaction, cancellationToken));

    public override Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
        => PassAsync(async () =>
        {
            await Inner.OpenSessionAsync(worker, cancellationToken);
            return true;
        });

    public override IHeart OpenHeart(SessionId session) => new UnreliableHeart(this, Inner.OpenHeart(session));

    public override Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => PassAsync(() => Inner.ClaimAsync(request, cancellationToken));

    public override Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => PassAsync(() => Inner.FindClaimAsync(session, claimId, cancellationToken));

    public override Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken) => PassAsync(() => Inner.RunsOfAsync(session, cancellationToken));

    public override Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => PassAsync(() => Inner.SettleAsync(settlements, cancellationToken));

    public override Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => PassAsync(() => Inner.FlushAsync(updates, cancellationToken));

    public override Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => PassAsync(() => Inner.RecoverAsync(observer, proven, olderThan, cancellationToken));

    public override Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
        => PassAsync(() => Inner.ActAsync(action, jobs, context, cancellationToken));

    private async Task<T> PassAsync<T>(Func<Task<T>> send)
    {
        BeforeCall();
        var answer = await send();
        AfterCall();
        return answer;
    }

    private void BeforeCall()
    {
        if (IsCut || random.NextDouble() < LosesCalls)
            throw new StoreUnavailableException("The call was lost on its way.");
    }

    private void AfterCall()
    {
        if (random.NextDouble() < LosesAnswers)
            throw new StoreUnavailableException("The answer was lost on its way.");
    }

    private sealed class UnreliableHeart(UnreliableStore way, IHeart inner) : IHeart
    {
        public BeatAnswer Beat(Beat beat)
        {
            way.BeforeCall();
            var answer = inner.Beat(beat);
            way.AfterCall();
            return answer;
        }

        public void Dispose() => inner.Dispose();
    }
}
