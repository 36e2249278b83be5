using System.Data.Common;
using Longhaul.Storage;

namespace Longhaul.Diagnostics;

/// <summary>
/// Measures every call of any store: its duration, by operation and outcome. Stores hold only store work; this is put around them once.
/// Costs one test a call while nobody listens.
/// </summary>
internal sealed partial class ObservedJobStore(IJobStore inner, StoreMetrics metrics) : IJobStore, IDisposable
{
    private readonly StoreMetrics _calls = metrics;

    public StoreInfo Info => inner.Info;

    public int MostJobsTogether => inner.MostJobsTogether;

    public string SchemaScript => inner.SchemaScript;

    public long WakeStamp => inner.WakeStamp;

    /// <summary>The store itself, for its own extensions.</summary>
    public IJobStore Inner => inner;

    public Task OpenAsync(bool migrate, CancellationToken cancellationToken)
        => TimedAsync("open", Began(), inner.OpenAsync(migrate, cancellationToken));

    public ValueTask<JobId> TakeIdsAsync(int count, DbTransaction? transaction, CancellationToken cancellationToken)
        => _calls.Enabled ? new(TimedAsync("take_ids", Began(), inner.TakeIdsAsync(count, transaction, cancellationToken).AsTask())) : inner.TakeIdsAsync(count, transaction, cancellationToken);

    public Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => TimedAsync("enqueue", Began(), inner.EnqueueAsync(jobs, transaction, cancellationToken));

    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
        => TimedAsync("open_session", Began(), inner.OpenSessionAsync(worker, cancellationToken));

    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
        => TimedAsync("close_session", Began(), inner.CloseSessionAsync(session, cancellationToken));

    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
        => TimedAsync("claim", Began(), inner.ClaimAsync(request, cancellationToken));

    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
        => TimedAsync("find_claim", Began(), inner.FindClaimAsync(session, claimId, cancellationToken));

    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken)
        => TimedAsync("runs_of", Began(), inner.RunsOfAsync(session, cancellationToken));

    public Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => TimedAsync("settle", Began(), inner.SettleAsync(settlements, cancellationToken));

    public Task EndHoldAsync(IReadOnlyList<RunKey> runs, CancellationToken cancellationToken)
        => TimedAsync("end_hold", Began(), inner.EndHoldAsync(runs, cancellationToken));

    public Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => TimedAsync("flush", Began(), inner.FlushAsync(updates, cancellationToken));

    public Task<SettleAnswer> SettleAsync(Settlement settlement, DbTransaction transaction, CancellationToken cancellationToken)
        => TimedAsync("settle", Began(), inner.SettleAsync(settlement, transaction, cancellationToken));

    public Task<WriteAnswer> SaveAsync(RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
        => TimedAsync("save", Began(), inner.SaveAsync(update, transaction, cancellationToken));

    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => TimedAsync("recover", Began(), inner.RecoverAsync(observer, proven, olderThan, cancellationToken));

    public IHeart OpenHeart(SessionId session) => _calls.Enabled ? new ObservedHeart(inner.OpenHeart(session), _calls) : inner.OpenHeart(session);

    // Waiting is no work: not measured.
    public Task WaitForWorkAsync(IReadOnlyList<string>? queues, long seen, TimeSpan atMost, CancellationToken cancellationToken)
        => inner.WaitForWorkAsync(queues, seen, atMost, cancellationToken);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    // A provider that is disposed without await refuses services that can only be disposed with it.
#pragma warning disable VSTHRD002
    public void Dispose() => inner.DisposeAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    // An argument before the call itself, so that what a store does before its first await counts too.
    private long Began() => _calls.Enabled ? _calls.Time.GetTimestamp() : 0;

    private Task TimedAsync(string operation, long began, Task call) => began != 0 ? MeasureAsync(operation, began, call) : call;

    private Task<T> TimedAsync<T>(string operation, long began, Task<T> call) => began != 0 ? MeasureAsync(operation, began, call) : call;

    private async Task MeasureAsync(string operation, long began, Task call)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _calls.Took(operation, inner.Info.Driver, _calls.Time.GetElapsedTime(began), call.Exception?.InnerException);
        await call.ConfigureAwait(false);
    }

    private async Task<T> MeasureAsync<T>(string operation, long began, Task<T> call)
    {
        await MeasureAsync(operation, began, (Task)call).ConfigureAwait(false);
        return await call.ConfigureAwait(false);
    }

    private sealed class ObservedHeart(IHeart heart, StoreMetrics calls) : IHeart
    {
        public BeatAnswer Beat(Beat beat)
        {
            var began = calls.Time.GetTimestamp();
            Exception? error = null;
            try
            {
                return heart.Beat(beat);
            }
            catch (Exception e)
            {
                error = e;
                throw;
            }
            finally
            {
                calls.Took("beat", null, calls.Time.GetElapsedTime(began), error);
            }
        }

        public void Dispose() => heart.Dispose();
    }
}
