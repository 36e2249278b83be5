using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>What operators do.</content>
public sealed partial class PostgresStore
{
    private Operations Operations => field ??= new(_database, _wake);

    /// <inheritdoc/>
    public string SchemaScript => Migrator.Script(_database.Schema);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(jobs);
        if (jobs.Count > 1_000)
            throw new ArgumentException($"A call takes at most 1,000 jobs, but had {jobs.Count}; act on them in parts.", nameof(jobs));
        return Operations.ActAsync(action, jobs, context, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken) => Operations.ClearAsync(queue, cancellationToken);

    /// <inheritdoc/>
    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken) => Operations.FlushFailedAsync(queue, cancellationToken);

    /// <inheritdoc/>
    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queue);
        return Operations.SetPausedAsync(queue, paused, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken)
        => Operations.OrderWorkerAsync(session, order, cancellationToken);

    /// <inheritdoc/>
    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken) => Operations.RestartWorkersAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => Operations.WatchAsync(job, cancellationToken);

    /// <inheritdoc/>
    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        return Operations.PruneAsync(limit, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => new Doctor(_database).CheckAsync(cancellationToken);
}
