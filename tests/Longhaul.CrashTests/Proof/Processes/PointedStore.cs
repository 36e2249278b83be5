using System.Data.Common;
using Longhaul.Storage;
using Longhaul.Worker;

namespace Longhaul.Proof;

/// <summary>
/// Where a process can be made to die around the calls of a store on a server, in the names of SQLite's points: before the call is sent, while it is
/// on its way, and when its answer has come and nobody has seen it yet. What dies in the server in between is another fault.
/// </summary>
internal sealed class PointedStore(IJobStore inner) : StoreDecorator(inner)
{
    public override Task<IReadOnlyList<EnqueueAnswer>> EnqueueAsync(IReadOnlyList<NewJob> jobs, DbTransaction? transaction, CancellationToken cancellationToken)
        => AroundAsync("enqueue", () => Inner.EnqueueAsync(jobs, transaction, cancellationToken));

    public override Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
        => AroundAsync("claim", () => Inner.ClaimAsync(request, cancellationToken));

    public override Task<IReadOnlyList<SettleAnswer>> SettleAsync(IReadOnlyList<Settlement> settlements, CancellationToken cancellationToken)
        => AroundAsync("settle", () => Inner.SettleAsync(settlements, cancellationToken));

    public override Task<IReadOnlyList<WriteAnswer>> FlushAsync(IReadOnlyList<RunUpdate> updates, CancellationToken cancellationToken)
        => AroundAsync("flush", () => Inner.FlushAsync(updates, cancellationToken));

    public override async Task<RecoveryReport> RecoverAsync(SessionId? observer, IReadOnlyList<SessionId> proven, TimeSpan? olderThan, CancellationToken cancellationToken)
        => proven.Count == 0
            ? await Inner.RecoverAsync(observer, proven, olderThan, cancellationToken)
            : await AroundAsync("recover", () => Inner.RecoverAsync(observer, proven, olderThan, cancellationToken));

    private static async Task<T> AroundAsync<T>(string call, Func<Task<T>> send)
    {
        FaultPoints.Reach($"{call}-before-commit");
        var sent = send();
        FaultPoints.Reach($"{call}-sent");
        var answer = await sent;
        FaultPoints.Reach($"{call}-after-commit");
        return answer;
    }
}
