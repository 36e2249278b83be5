using Longhaul.Storage;

namespace Longhaul.Memory;

public sealed partial class MemoryStore
{
    private readonly List<StoredQueue> _asked = [];
    private readonly List<Lane> _candidates = [];

    /// <inheritdoc/>
    public Task<ClaimAnswer> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled<ClaimAnswer>(cancellationToken) : Task.FromResult(Claim(request));
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClaimedRun>> FindClaimAsync(SessionId session, long claimId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return Task.FromResult<IReadOnlyList<ClaimedRun>>(LiveSession(session) is { } live
                ? [.. live.Runs().Where(job => job.ClaimId == claimId).OrderBy(static job => job.ClaimIndex).Select(Describe)]
                : []);
        }
    }

    private ClaimAnswer Claim(ClaimRequest request)
    {
        lock (_gate)
        {
            if (LiveSession(request.Session) is not { } session)
                return new ClaimAnswer(LeaseReply.Lost, [], null);

            var claim = new OpenClaim(request, session, session.Handled(request.Names, _names), Now());
            FindAsked(request.Queues);
            if (request.OldestFirst)
            {
                foreach (var queue in _asked)
                    AddCandidates(claim, queue, level: null);
                Take(claim);
            }
            else
            {
                foreach (var queue in _asked)
                    TakeFrom(claim, queue);
            }

            return new ClaimAnswer(LeaseReply.Held, claim.Runs, claim.IsFull ? null : NextDue(claim));
        }
    }

    private void FindAsked(IReadOnlyList<string>? names)
    {
        _asked.Clear();
        if (names is null)
        {
            foreach (var queue in _ranked)
            {
                if (!queue.Paused)
                    _asked.Add(queue);
            }

            return;
        }

        for (var i = 0; i < names.Count; i++)
        {
            if (_queues.TryGetValue(names[i], out var queue) && !queue.Paused)
                _asked.Add(queue);
        }
    }

    private void TakeFrom(OpenClaim claim, StoredQueue queue)
    {
        var priority = 0;
        while (!claim.IsFull && queue.LevelFrom(ref priority) is { } level)
        {
            AddCandidates(claim, queue, level);
            Take(claim);
        }
    }

    /// <summary>Adds the lanes that have something for this claim: those of one priority, or of all.</summary>
    private void AddCandidates(OpenClaim claim, StoredQueue queue, List<Lane>? level)
    {
        if (level is not null)
        {
            foreach (var lane in level)
                AddCandidate(claim, lane);
            return;
        }

        foreach (var lane in queue.Lanes)
            AddCandidate(claim, lane);
    }

    private void AddCandidate(OpenClaim claim, Lane lane)
    {
        if (lane.Promote(claim.Now))
            Signal(lane.Queue);
        if (lane.Ready.Count > 0 && claim.Handled[lane.Name.Index] && (lane.Kind != LaneKind.Suspects || claim.SuspectAllowed))
            _candidates.Add(lane);
    }

    /// <summary>Takes from the candidates what is due first, until the claim is full or they are empty.</summary>
    private void Take(OpenClaim claim)
    {
        while (!claim.IsFull && _candidates.Count > 0)
        {
            var best = -1;
            TimeQueue.Entry first = default;
            for (var i = 0; i < _candidates.Count; i++)
            {
                if (_candidates[i].Ready.TryPeek(out var entry) && (best < 0 || entry.IsBefore(in first)))
                    (best, first) = (i, entry);
            }

            if (best < 0)
                break;
            var lane = _candidates[best];
            lane.PopReady(first.Job);
            Begin(claim, lane, first.Job);
            if (lane.Kind == LaneKind.Suspects)
            {
                claim.SuspectAllowed = false;
                _candidates.RemoveAll(static candidate => candidate.Kind == LaneKind.Suspects);
            }
        }

        _candidates.Clear();
    }

    private void Begin(OpenClaim claim, Lane lane, StoredJob job)
    {
        var request = claim.Request;
        job.Token = _random.NextInt64(1, long.MaxValue);
        job.RunNumber++;
        job.FenceToken = Math.Max(job.FenceToken + 1, (claim.Now - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond);
        job.ClaimId = request.ClaimId;
        job.ClaimIndex = claim.Runs.Count;
        job.ClaimedAt = claim.Now;
        job.Prefetched = claim.Runs.Count >= request.Slots;
        job.Begun = !job.Prefetched;
        if (lane.Kind == LaneKind.Hooks)
        {
            job.RunKind = RunKind.FailedHook;
            job.HookDue = false;
        }
        else
        {
            job.RunKind = job.NextKind;
            SetState(job, JobState.Running, claim.Now);
            if (job.StartedAt == 0)
                job.StartedAt = claim.Now;
            if (job.Said?.Unique is { Scope: UniqueScope.UntilStarted })
                FreeKey(job, always: false);
        }

        claim.Session.AddRun(job);
        claim.Runs.Add(Describe(job));
    }

    private static ClaimedRun Describe(StoredJob job)
    {
        var isHook = job.RunKind == RunKind.FailedHook;
        var run = new ClaimedRun
        {
            Key = job.Key,
            Kind = job.RunKind,
            Name = job.Name.Text,
            Queue = job.Queue.Name,
            Priority = job.Priority,
            Payload = job.Payload,
            PayloadVersion = job.PayloadVersion,
            Policy = job.Said?.Policy,
            Owner = job.Said?.Owner,
            RunNumber = job.RunNumber,
            FenceToken = job.FenceToken,
            FailedAttempts = isHook ? job.HookTries : job.FailedAttempts,
            LostRuns = job.LostRuns,
            Prefetched = job.Prefetched,
            CreatedAt = At(job.CreatedAt),
            DueAt = At(isHook ? job.HookDueAt : job.DueAt),
            ClaimedAt = At(job.ClaimedAt),
            Checkpoint = Bytes(job.More?.Checkpoint),
            Progress = job.More?.Progress,
            ItemFailures = job.More?.Items?.Count ?? 0,
            Error = isHook ? job.Error : null,
            TraceParent = job.Said?.TraceParent,
        };
        return run;
    }

    private TimeSpan? NextDue(OpenClaim claim)
    {
        var next = long.MaxValue;
        foreach (var queue in _asked)
        {
            foreach (var lane in queue.Lanes)
            {
                if (lane.Later.Count > 0 && claim.Handled[lane.Name.Index] && lane.Later.TryPeek(out var first))
                    next = Math.Min(next, first.At);
            }
        }

        return next == long.MaxValue ? null : TimeSpan.FromTicks(Math.Max(0, next - claim.Now));
    }

    /// <summary>A claim while it is being filled.</summary>
    private sealed class OpenClaim(ClaimRequest request, StoredSession session, bool[] handled, long now)
    {
        private readonly int _wanted = (int)Math.Min(int.MaxValue, (long)Math.Max(0, request.Slots) + Math.Max(0, request.Prefetch));

        public ClaimRequest Request { get; } = request;

        public StoredSession Session { get; } = session;

        public bool[] Handled { get; } = handled;

        public long Now { get; } = now;

        public bool SuspectAllowed { get; set; } = request.AllowSuspect;

        public List<ClaimedRun> Runs { get; } = [];

        public bool IsFull => Runs.Count >= _wanted;
    }
}
