using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Hosting;

/// <summary>
/// The store as the host's services give it: opened at the first call, ended with the host. For health checks, tools and pages; client and worker
/// take the opened store itself.
/// </summary>
internal sealed partial class OpeningJobStore(StoreHost host) : IJobStore, IDisposable
{
    public StoreInfo Info => host.Store.Info;

    public int MostJobsTogether => host.Store.MostJobsTogether;

    public string SchemaScript => host.Store.SchemaScript;

    public long WakeStamp => host.Store.WakeStamp;

    public Task OpenAsync(bool migrate, CancellationToken cancellationToken) => host.OpenAsync(cancellationToken).AsTask();

    public async ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
    {
        var store = await host.OpenAsync(cancellationToken).ConfigureAwait(false);
        return await store.TakeIdsAsync(count, transaction, cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.EnqueueAsync(jobs, transaction, cancellationToken), cancellationToken);

    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.OpenSessionAsync(worker, cancellationToken), cancellationToken);

    public IHeart OpenHeart(SessionId session) => host.Store.OpenHeart(session); // its session was opened before

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.CloseSessionAsync(session, cancellationToken), cancellationToken);

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.ClaimAsync(request, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.FindClaimAsync(session, claimId, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.RunsOfAsync(session, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.SettleAsync(settlements, cancellationToken), cancellationToken);

    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.EndHoldAsync(runs, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.FlushAsync(updates, cancellationToken), cancellationToken);

    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.SettleAsync(settlement, transaction, cancellationToken), cancellationToken);

    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.SaveAsync(update, transaction, cancellationToken), cancellationToken);

    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.RecoverAsync(observer, proven, olderThan, cancellationToken), cancellationToken);

    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => OpenThenAsync(s => s.WaitForWorkAsync(queues, seen, atMost, cancellationToken), cancellationToken);

    // The store is its host's: a container that disposes what it gave out must not end it twice.
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose() { }

    private async Task<T> OpenThenAsync<T>(Func<IJobStore, Task<T>> call, CancellationToken cancellationToken)
        => await call(await host.OpenAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    private async Task OpenThenAsync(Func<IJobStore, Task> call, CancellationToken cancellationToken)
        => await call(await host.OpenAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
}
