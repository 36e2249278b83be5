using Longhaul.Storage;

namespace Longhaul.Postgres;

/// <content>Workers' sessions, their hearts, and recovery.</content>
public sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public IHeart OpenHeart(SessionId session) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken) => throw new NotSupportedException();
}
