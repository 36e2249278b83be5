using Longhaul.Storage;

namespace Longhaul.Proof;

/// <summary>
/// A worker as small as it can be: session, heart, claims, flushes and settlements, with the same rules as the real one but one step at a time
/// in virtual time, so that a seed gives the same history each time.
/// </summary>
internal sealed class SimWorker(Simulation simulation, int number)
{
    private const int Slots = 4;
    private const int RenewEvery = 5;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FlushInterval = TimeSpan.FromSeconds(2);

    private readonly List<SimRun> _runs = [];
    private readonly List<(SimSession Session, long Claim)> _unknownClaims = [];
    private ObservedStore _store = null!;
    private Recorder _recorder = null!;
    private SimSession? _session;
    private HashSet<long> _strangers = [];
    private TimeSpan _beatAt;
    private TimeSpan _flushAt;
    private int _beat;
    private bool _stopping;

    public string Name { get; } = $"worker-{number}";

    public int ProcessId => number;

    public UnreliableStore Way { get; private set; } = null!;

    public bool IsGone { get; private set; }

    public bool IsFrozen { get; private set; }

    public void Start()
    {
        _recorder = new ProcessRecorder(simulation.Recorder, Name);
        Way = new UnreliableStore(simulation.Store, simulation.Random) { LosesCalls = simulation.LosesCalls, LosesAnswers = simulation.LosesAnswers };
        _store = new ObservedStore(Way, _recorder, SimJob.CursorOf);
        simulation.Note(Ops.Spawn, Name);
    }

    public void Kill()
    {
        simulation.Note(Ops.Kill, Name);
        IsGone = true;
    }

    public void Freeze()
    {
        simulation.Note(Ops.Freeze, Name);
        IsFrozen = true;
    }

    public void Thaw()
    {
        simulation.Note(Ops.Thaw, Name);
        IsFrozen = false;
    }

    public void Cut(bool cut)
    {
        simulation.Note(cut ? Ops.Cut : Ops.Join, Name);
        Way.IsCut = cut;
    }

    public void Terminate()
    {
        simulation.Note(Ops.Terminate, Name);
        _stopping = true;
        foreach (var run in _runs)
            run.Tell(StopReason.Shutdown);
    }

    /// <summary>Does for one step what is due.</summary>
    public async Task StepAsync()
    {
        if (IsGone || IsFrozen)
            return;
        Func<Task>[] parts = [BeatAsync, FlushAsync, SettleAsync, ClaimAsync, WorkAsync];
        simulation.Random.Shuffle(parts);
        foreach (var part in parts)
        {
            try
            {
                await part();
            }
            catch (StoreException e) when (e.IsTransient)
            {
                // Tried again in a later step.
            }
        }

        if (_stopping)
            await EndAsync();
    }

    private async Task<SimSession?> SessionAsync()
    {
        if (_session is { IsLost: false } session)
            return session;
        if (_stopping)
            return null;
        var id = new SessionId(simulation.Random.NextInt64(1, long.MaxValue));
        await _store.OpenSessionAsync(Simulation.Record(id, Name, number, simulation.Lease), CancellationToken.None);
        _beatAt = simulation.Clock.SinceStart + Heartbeat;
        _strangers = [];
        return _session = new SimSession(id, _store.OpenHeart(id), simulation.Clock.SinceStart);
    }

    private async Task BeatAsync()
    {
        if (await SessionAsync() is not { } session || simulation.Clock.SinceStart < _beatAt)
            return;
        _beatAt = simulation.Clock.SinceStart + Heartbeat;
        if (simulation.Bug != PlantedBug.NoSelfFencing && simulation.Clock.SinceStart - session.RenewedAt > simulation.Lease)
        {
            Lose(session);
            return;
        }

        var mine = _runs.FindAll(r => r.Session == session && !r.IsSettled);
        var renew = _beat % RenewEvery == 0;
        var answer = session.Heart.Beat(new Beat { Renew = renew, RunCount = mine.Count, RunHash = mine.Aggregate(0L, static (hash, run) => hash ^ run.Claim.Key.Token) });
        _beat++;
        if (answer.Lease == LeaseReply.Lost)
        {
            Lose(session);
            return;
        }

        if (renew)
            session.RenewedAt = simulation.Clock.SinceStart;
        foreach (var order in answer.Orders)
            mine.Find(r => r.Claim.Key == order.Run)?.Tell(order.Kind == RunOrderKind.Cancel ? StopReason.Cancelled : StopReason.Paused);
        if (!answer.RunsAgree)
            await CompareAsync(session, mine);
        await RecoverAsync(session, answer);
    }

    private void Lose(SimSession session)
    {
        session.IsLost = true;
        if (simulation.Bug == PlantedBug.LostLeaseNotTold)
            return;
        foreach (var run in _runs.Where(r => r.Session == session))
            run.Tell(StopReason.LeaseLost);
    }

    private async Task CompareAsync(SimSession session, List<SimRun> mine)
    {
        var theirs = await _store.RunsOfAsync(session.Id, CancellationToken.None);
        foreach (var run in mine.Where(r => r.Settlement is null && !theirs.Any(t => t.Key == r.Claim.Key)))
            run.Tell(StopReason.LeaseLost);
        var strangers = theirs.Where(t => !mine.Exists(r => r.Claim.Key == t.Key) && !_unknownClaims.Exists(c => c.Claim == t.ClaimId)).ToList();
        var again = strangers.FindAll(t => _strangers.Contains(t.Key.Token));
        _strangers = [.. strangers.Select(static t => t.Key.Token)];
        if (again.Count > 0)
            await _store.SettleAsync(again.ConvertAll(static t => new Settlement { Key = t.Key, Outcome = Outcome.HandedBack }), CancellationToken.None);
    }

    private async Task RecoverAsync(SimSession session, BeatAnswer answer)
    {
        var proven = answer.Peers.Where(p => simulation.IsGone(p.ProcessId)).Select(static p => p.Session).ToList();
        if (simulation.Bug == PlantedBug.LeaseByWorkersClock && number % 2 == 1)
        {
            var wrongNow = simulation.Clock.GetUtcNow().AddHours(1);
            var workers = await _store.ListWorkersAsync(CancellationToken.None);
            proven.AddRange(workers.Where(w => w.State == WorkerState.Active && w.Worker.Session != session.Id && w.LeaseEndsAt < wrongNow).Select(static w => w.Worker.Session));
        }

        var anyDead = proven.Count > 0 || answer.Peers.Any(static p => p.LeaseExpired);
        if (anyDead && simulation.Bug != PlantedBug.NobodyRecovers)
            await _store.RecoverAsync(session.Id, proven, null, CancellationToken.None);
    }

    private async Task FlushAsync()
    {
        if (simulation.Clock.SinceStart < _flushAt)
            return;
        _flushAt = simulation.Clock.SinceStart + FlushInterval;
        var dirty = _runs.FindAll(static r => r is { IsDirty: true, Settlement: null });
        if (dirty.Count == 0)
            return;
        try
        {
            var answers = await _store.FlushAsync(dirty.ConvertAll(static r => r.TakeUpdate()!), CancellationToken.None);
            for (var i = 0; i < answers.Count; i++)
            {
                if (answers[i] == WriteAnswer.LeaseLost && simulation.Bug != PlantedBug.LostLeaseNotTold)
                    dirty[i].Tell(StopReason.LeaseLost);
            }
        }
        catch (StoreException)
        {
            dirty.ForEach(static r => r.PutBack());
            throw;
        }
    }

    private async Task SettleAsync()
    {
        var ended = _runs.FindAll(static r => r is { Settlement: not null, IsSettled: false });
        if (ended.Count > 0)
        {
            await _store.SettleAsync(ended.ConvertAll(static r => r.Settlement!), CancellationToken.None);
            ended.ForEach(static r => r.IsSettled = true);
        }

        _runs.RemoveAll(static r => r is { IsSettled: true, HasEnded: true });
    }

    private async Task ClaimAsync()
    {
        if (_stopping || await SessionAsync() is not { } session)
            return;
        foreach (var (old, claim) in _unknownClaims.ToArray())
        {
            var found = await _store.FindClaimAsync(old.Id, claim, CancellationToken.None);
            _unknownClaims.Remove((old, claim));
            Take(found, old);
        }

        var free = Slots - _runs.Count;
        if (free <= 0)
            return;
        var id = simulation.Random.NextInt64(1, long.MaxValue);
        try
        {
            var answer = await _store.ClaimAsync(
                new ClaimRequest { Session = session.Id, ClaimId = id, Queues = null, Names = [SimJob.Name], Slots = free, AllowSuspect = !_runs.Exists(static r => r.Claim.LostRuns >= JobDefaults.SuspectAfter) },
                CancellationToken.None);
            if (answer.Lease == LeaseReply.Lost)
                Lose(session);
            Take(answer.Runs, session);
        }
        catch (StoreException)
        {
            _unknownClaims.Add((session, id));
            throw;
        }
    }

    private void Take(IReadOnlyList<ClaimedRun> claimed, SimSession session)
    {
        foreach (var claim in claimed)
        {
            var run = new SimRun(claim, session, _recorder, simulation.Bug);
            _runs.Add(run);
            if (session.IsLost)
                run.Tell(StopReason.LeaseLost);
        }
    }

    private Task WorkAsync()
    {
        foreach (var run in _runs)
            run.Step();
        return Task.CompletedTask;
    }

    private async Task EndAsync()
    {
        if (simulation.Bug != PlantedBug.ShutdownLeavesRunsBehind)
        {
            if (_runs.Count > 0)
                return;
            try
            {
                if (_session is { } session)
                    await _store.CloseSessionAsync(session.Id, CancellationToken.None);
            }
            catch (StoreException e) when (e.IsTransient)
            {
                return;
            }
        }

        IsGone = true;
        simulation.Note(Ops.Exit, Name, 0);
    }
}
