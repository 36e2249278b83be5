using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>What operators do.</content>
public sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public string SchemaScript => Migrator.Script(_database.Schema);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ActionAnswer>> ActAsync(JobAction action, IReadOnlyList<JobId> jobs, ActionContext context, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<long> ClearAsync(string? queue, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<long> FlushFailedAsync(string? queue, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task SetQueuePausedAsync(string queue, bool paused, ActionContext context, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> OrderWorkerAsync(SessionId session, WorkerOrder order, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<int> RestartWorkersAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<bool> WatchAsync(JobId job, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<int> PruneAsync(int limit, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> CheckAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
}
