using Longhaul.Storage;

namespace Longhaul.Sqlite;

/// <content>What operators do.</content>
public sealed partial class SqliteStore
{
    private const int ActionsTogether = 100;

    /// <inheritdoc/>
    public string SchemaScript => Migrator.Script;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Count > 1_000)
            throw new ArgumentException($"A call takes at most 1,000 jobs, but had {jobs.Count}; act on them in parts.", nameof(jobs));
        var answers = new List<ActionAnswer>(jobs.Count);
        foreach (var part in jobs.Chunk(ActionsTogether))
        {
            answers.AddRange(await Writer.RunAsync(
                tx => Array.ConvertAll(part, job => tx.Act.Run(action, job, context)), cancellationToken, part.Length).ConfigureAwait(false));
        }

        return answers;
    }

    /// <inheritdoc/>
    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken) => InPartsAsync(tx => tx.Queues.Clear(queue), cancellationToken);

    /// <inheritdoc/>
    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken) => InPartsAsync(tx => tx.Queues.FlushFailed(queue), cancellationToken);

    /// <inheritdoc/>
    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return Writer.RunAsync(
            tx =>
            {
                tx.Queues.SetPaused(queue, paused);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => Writer.RunAsync(tx => tx.Db.Get("Session.Order").Set(1, session.Value).Set(2, (long)order).RunCounted() > 0, cancellationToken);

    /// <inheritdoc/>
    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken)
        => Writer.RunAsync(static tx => tx.Db.Get("Session.OrderAll").Set(1, (long)WorkerOrder.Stop).Set(2, tx.Now).RunCounted(), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => Writer.RunAsync(
        tx => tx.Db.Get("Act.Watch").Set(1, job.Value).Set(2, StoreClock.Later(tx.Now, JobDefaults.WatchFor)).RunCounted() > 0, cancellationToken, durable: false);

    /// <inheritdoc/>
    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Writer.RunAsync(tx => tx.Queues.Prune(limit), cancellationToken, limit, durable: false);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => ReadLongAsync(() => Doctor.Check(_file), cancellationToken);

    /// <summary>Work that would hold the write lock for long, in parts: others write between them.</summary>
    private async Task<long> InPartsAsync(Func<Transaction, int> part, CancellationToken cancellationToken)
    {
        long all = 0;
        while (true)
        {
            var done = await Writer.RunAsync(part, cancellationToken, QueueVerb.BatchSize).ConfigureAwait(false);
            all += done;
            if (done < QueueVerb.BatchSize)
                return all;
        }
    }
}
