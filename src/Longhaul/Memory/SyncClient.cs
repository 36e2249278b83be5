using System.Data.Common;
using Longhaul.Client;
using Longhaul.Storage;

namespace Longhaul.Memory;

/// <summary>
/// The client of the sync store: a job runs in its caller's flow and is done when the call returns. Its error is recorded and thrown.
/// Delays and limits are ignored, there is one attempt, and what a run enqueues runs after it, in order.
/// </summary>
internal sealed class SyncClient(JobClient inner, SyncRunner runner) : IJobClient
{
    private static readonly JobPolicy OneAttempt = new() { MaxAttempts = 1 };

    public async ValueTask<EnqueueResult> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options, CancellationToken cancellationToken) where TJob : notnull
        => await runner.EnqueueAsync(await PrepareAsync(job, options, cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    public async Task<long> EnqueueManyAsync<TJob>(
        IAsyncEnumerable<TJob> jobs, EnqueueOptions? options, IProgress<long>? accepted, CancellationToken cancellationToken) where TJob : notnull
    {
        ArgumentNullException.ThrowIfNull(jobs);
        var (created, done) = (0L, 0L);
        await foreach (var job in jobs.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if ((await EnqueueAsync(job, options, cancellationToken).ConfigureAwait(false)).Created)
                created++;
            accepted?.Report(++done);
        }

        return created;
    }

    public Task<long> EnqueueManyAsync<TJob>(
        IEnumerable<TJob> jobs, EnqueueOptions? options, IProgress<long>? accepted, CancellationToken cancellationToken) where TJob : notnull
        => EnqueueManyAsync(jobs.ToAsyncEnumerable(), options, accepted, cancellationToken);

    public async ValueTask<EnqueueResult> EnqueueJsonAsync(
        string name, ReadOnlyMemory<byte> payload, EnqueueOptions? options, CancellationToken cancellationToken)
        => await runner.EnqueueAsync(Adapt(await inner.PrepareJsonAsync(name, payload, options, cancellationToken).ConfigureAwait(false))).ConfigureAwait(false);

    public ValueTask<EnqueueResult> EnqueueAsync<TJob>(TJob job, DbTransaction transaction, EnqueueOptions? options, CancellationToken cancellationToken)
        where TJob : notnull => throw NoTransactions();

    public Task<long> EnqueueManyAsync<TJob>(IEnumerable<TJob> jobs, DbTransaction transaction, EnqueueOptions? options, CancellationToken cancellationToken)
        where TJob : notnull => throw NoTransactions();

    public ValueTask<JobInfo?> GetAsync(JobId id, CancellationToken cancellationToken) => inner.GetAsync(id, cancellationToken);

    public async Task<bool> CancelAsync(JobId id, string? reason, CancellationToken cancellationToken)
    {
        var done = await inner.CancelAsync(id, reason, cancellationToken).ConfigureAwait(false);
        if (done)
            runner.Cancel(id);
        return done;
    }

    public Task<bool> RetryAsync(JobId id, CancellationToken cancellationToken) => runner.RetryAsync(() => inner.RetryAsync(id, cancellationToken));

    public async Task<JobInfo> WaitAsync(JobId id, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var job = await inner.GetAsync(id, cancellationToken).ConfigureAwait(false);
        return job is { HasEnded: false } && runner.IsInRun
            ? throw new NotSupportedException($"A run on the sync store must not wait for job {id}: jobs that it enqueues run after it. Use another store, or do the rest in a job of its own.")
            : await inner.WaitAsync(id, timeout, cancellationToken).ConfigureAwait(false);
    }

    public IAsyncEnumerable<JobTrace> TracesAsync(string subject, CancellationToken cancellationToken) => inner.TracesAsync(subject, cancellationToken);

    /// <summary>Makes a job of a payload, as this store runs it.</summary>
    public async ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken)
        => Adapt(await inner.PrepareAsync(payload, options, cancellationToken).ConfigureAwait(false));

    private NewJob Adapt(NewJob job)
    {
        if (!runner.Handles(job.Name))
        {
            throw new InvalidOperationException(
                $"On the sync store a job runs in its caller, so that needs its handler, but this program has none for \"{job.Name}\". Add it by AddHandler in AddLonghaul.");
        }

        return job with { Delay = TimeSpan.Zero, RunAt = null, Policy = job.Policy is { } policy ? policy with { MaxAttempts = 1 } : OneAttempt };
    }

    private static NotSupportedException NoTransactions()
        => new("A transaction must be one of the store's own database, but the sync store has none. Enqueue without it, after your commit.");
}
