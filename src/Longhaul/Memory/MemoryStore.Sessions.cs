using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private static readonly TimeSpan EndedSessionsStay = TimeSpan.FromHours(1);

    private readonly Dictionary<SessionId, StoredSession> _sessions = [];
    private readonly List<StoredSession> _live = [];

    /// <inheritdoc/>
    public Task OpenSessionAsync(WorkerRecord worker, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(worker);
        lock (_gate)
        {
            var now = Now();
            if (!_sessions.TryGetValue(worker.Session, out var session))
            {
                session = new StoredSession(worker with { Names = [.. worker.Names], Queues = worker.Queues is null ? null : [.. worker.Queues] }, now);
                _sessions.Add(worker.Session, session);
                _live.Add(session);
            }
            else if (!session.IsLive)
            {
                throw new StoreException($"A session is never used twice, but {worker.Session} has ended. Open a new one.");
            }

            Renew(session, now);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public IHeart OpenHeart(SessionId session) => new MemoryHeart(this, session);

    /// <inheritdoc/>
    public Task CloseSessionAsync(SessionId session, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (LiveSession(session) is { } live)
            {
                var now = Now();
                End(live, WorkerState.Gone, now);
                foreach (var job in live.Runs())
                    HandBack(job, live, now);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SessionRun>> RunsOfAsync(SessionId session, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<SessionRun>>(LiveSession(session) is { } live
                ? [.. live.Runs().Select(static job => new SessionRun(job.Key, job.ClaimId, job.Asked?.Kind))]
                : []);
        }
    }

    internal BeatAnswer Beat(SessionId id, Beat beat)
    {
        lock (_gate)
        {
            var clock = LeaseClock();
            if (LiveSession(id) is not { } session)
                return new BeatAnswer { Lease = LeaseReply.Lost, LeaseClock = clock };

            var now = Now();
            if (beat.Renew)
                Renew(session, now);
            session.State = beat.State is WorkerState.Quiet or WorkerState.Stopping ? beat.State : WorkerState.Active;
            for (var i = 0; i < beat.Begun.Count; i++)
            {
                if (RunOf(beat.Begun[i]) is { } job && job.Session == session)
                    job.Begun = true;
            }

            return new BeatAnswer
            {
                Lease = LeaseReply.Held,
                LeaseClock = clock,
                RunsAgree = beat.RunCount == session.RunCount && beat.RunHash == session.RunHash,
                Orders = OrdersFor(session, now),
                Order = session.Order,
                Peers = PeersOf(session, clock),
            };
        }
    }

    private StoredSession? LiveSession(SessionId id) => _sessions.TryGetValue(id, out var session) && session.IsLive ? session : null;

    private void Renew(StoredSession session, long now)
    {
        session.RenewedAt = now;
        session.RenewedClock = LeaseClock();
    }

    /// <summary>Ends a session: from here nothing it does counts, and nothing waits for its code any more.</summary>
    private void End(StoredSession session, WorkerState state, long now)
    {
        session.State = state;
        session.EndedAt = now;
        _live.Remove(session);
        foreach (var job in session.Holds.ToArray())
            EndHold(job, now);
    }

    private void HandBack(StoredJob job, StoredSession session, long now)
    {
        var (asked, isHook) = (job.Asked, job.RunKind == RunKind.FailedHook);
        var duration = TimeSpan.FromTicks(now - job.ClaimedAt);
        EndRun(job);
        if (isHook)
        {
            MakeHookDue(job, job.HookDueAt, now);
            return;
        }

        var outcome = Ordered(Outcome.HandedBack, asked?.Kind);
        if (duration > JobDefaults.HistoryAfter || outcome != Outcome.HandedBack)
            RecordEnd(job, outcome, new Settlement { Key = default, Outcome = outcome, Duration = duration }, session, asked, now);
        if (!CarryOut(job, asked, now))
            MakePending(job, job.DueAt, now);
    }

    /// <summary>Does to a job whose run has ended what was asked of that run.</summary>
    private bool CarryOut(StoredJob job, AskedOfRun? asked, long now)
    {
        if (asked is null)
            return false;
        var reason = StorageText.Reason(asked.By, asked.Reason);
        if (asked.Kind == RunOrderKind.Cancel)
            Cancel(job, reason, now);
        else
            Pause(job, reason, now);
        return true;
    }

    private static List<RunOrder> OrdersFor(StoredSession session, long now)
    {
        var orders = new List<RunOrder>();
        for (var job = session.FirstRun; job is not null; job = job.NextRun)
        {
            if (job.Asked is { } asked)
                orders.Add(new RunOrder(job.Key, asked.Kind, asked.By, asked.Reason));
            if (job.WatchUntil > now)
                orders.Add(new RunOrder(job.Key, RunOrderKind.Watch, null, null));
        }

        return orders;
    }

    private List<Peer> PeersOf(StoredSession session, TimeSpan clock)
    {
        var peers = new List<Peer>();
        foreach (var other in _live)
        {
            var expired = other.LeaseExpired(clock);
            if (other != session && (expired || session.Worker.Host.SharesPidsWith(other.Worker.Host)))
                peers.Add(new Peer(other.Worker.Session, other.Worker.Host, other.Worker.ProcessId, other.Worker.ProcessStart, expired));
        }

        return peers;
    }
}
