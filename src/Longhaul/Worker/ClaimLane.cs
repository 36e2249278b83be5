using System.Threading.Channels;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>
/// A set of slots and the loop that fills them: asks for as many runs as can start, and for short jobs a few ahead; sleeps until woken.
/// A worker has one, or two when long jobs have slots of their own.
/// </summary>
internal sealed class ClaimLane
{
    /// <summary>Of every so many claims of a fair worker, one takes the longest waiting, whatever its queue and priority.</summary>
    private const int FairEvery = 8;

    /// <summary>A prefetched run that found no slot for this long sits behind a long one: it goes back.</summary>
    private static readonly TimeSpan PrefetchPatience = TimeSpan.FromMilliseconds(250);

    private static readonly TimeSpan SuspectPoll = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan StopWhenEmptyPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>What is due and held by somebody is looked for again after so long, then after twice as long each time, up to 640 ms.</summary>
    private static readonly TimeSpan HeldPause = TimeSpan.FromMilliseconds(5);

    private readonly JobWorker _worker;
    private readonly IReadOnlyList<string> _names;
    private readonly int _slots;
    private readonly Channel<ActiveRun> _ready = Channel.CreateUnbounded<ActiveRun>();
    private readonly SemaphoreSlim _room = new(0, 1);
    private readonly ShortJobs _short;
    private int _outstanding;
    private int _claims;
    private int _inVain; // claims, one after the other, of what is due and held by somebody: another claim, or a person's open transaction
    private bool _heldUp; // the last claim was given no suspect, or no second one: that ends with a run, not with a wake-up
    private volatile bool _full;

    public ClaimLane(JobWorker worker, IReadOnlyList<string> names, int slots)
    {
        _worker = worker;
        _names = names;
        _slots = slots;
        _short = new ShortJobs();
    }

    /// <summary>Runs in hand whose handler has not ended.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>Whether the last claim found nothing while nothing ran.</summary>
    public bool IsDry { get; private set; }

    /// <summary>Claims and runs until the worker stops claiming, then until the last run has ended.</summary>
    public async Task RunAsync()
    {
        var runners = Enumerable.Range(0, _slots).Select(_ => Task.Run(RunSlotAsync)).ToArray();
        var patience = Task.Run(WatchPrefetchedAsync);
        try
        {
            await ClaimAsync().ConfigureAwait(false);
        }
        finally
        {
            if (!_worker.IsDraining)
                HandBackWaiting("the worker is stopping");
            _ready.Writer.TryComplete();
            await Task.WhenAll(runners).ConfigureAwait(false);
            await patience.ConfigureAwait(false);
        }
    }

    private async Task ClaimAsync()
    {
        var stop = _worker.Claiming;
        var backoff = new Backoff(_worker.Time);
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var seen = _worker.Store.WakeStamp;
                var idle = _worker.IsIdle; // before the claim: a run that ends later may have enqueued more
                var (asked, answer) = await ClaimWantedAsync(stop).ConfigureAwait(false);
                if (asked == 0)
                {
                    await WaitForRoomAsync(stop).ConfigureAwait(false);
                    continue;
                }

                backoff.Reset();
                if (answer is null)
                    continue; // the session was lost; a new one is being opened
                IsDry = idle && answer.Runs.Count == 0;
                _inVain = answer.Runs.Count == 0 && answer.NextDue <= HeldPause ? _inVain + 1 : 0;
                _worker.Looked();
                if (answer.Runs.Count < asked)
                    await WaitForWorkAsync(answer, seen, stop).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                if (backoff.Failures == 0)
                    Log.ClaimFailed(_worker.Logger, e);
                try
                {
                    await backoff.WaitAsync(stop).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private async Task<(int Asked, ClaimAnswer? Answer)> ClaimWantedAsync(CancellationToken stop)
    {
        if (_worker.Turn is not { } turn)
            return await ClaimNowAsync().ConfigureAwait(false);
        await turn.WaitAsync(stop).ConfigureAwait(false);
        try
        {
            return await ClaimNowAsync().ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<(int Asked, ClaimAnswer? Answer)> ClaimNowAsync()
    {
        var (slots, prefetch) = Wanted();
        return slots + prefetch == 0 ? default : (slots + prefetch, await ClaimOnceAsync(slots, prefetch).ConfigureAwait(false));
    }

    /// <summary>How many runs may wait for a slot.</summary>
    private int Ahead => _short.AreAll ? _worker.Options.Prefetch * _slots : 0;

    /// <summary>How many to ask for: nothing until a slot is free or half of what may wait has gone, so that claims stay big.</summary>
    private (int Slots, int Prefetch) Wanted()
    {
        var outstanding = Outstanding;
        var ahead = Ahead;
        if (!HasRoom(outstanding, ahead))
            return (0, 0);
        var slots = Math.Max(0, _slots - outstanding);
        return _worker.Allow(slots, _slots + ahead - outstanding - slots);
    }

    private bool HasRoom(int outstanding, int ahead) => outstanding < _slots || (ahead > 0 && outstanding <= _slots + (ahead / 2));

    private async Task WaitForRoomAsync(CancellationToken stop)
    {
        _full = true;
        Interlocked.MemoryBarrier(); // a run that ends now either sees the flag, or is seen below
        var (slots, prefetch) = Wanted(); // a run may have ended between the first look and the flag
        if (slots + prefetch == 0)
            await _room.WaitAsync(_worker.Options.PollInterval, stop).ConfigureAwait(false);
        _full = false;
    }

    private async Task<ClaimAnswer?> ClaimOnceAsync(int slots, int prefetch)
    {
        var session = await _worker.SessionAsync().ConfigureAwait(false);
        var request = new ClaimRequest
        {
            Session = session.Id,
            ClaimId = Random.Shared.NextInt64(1, long.MaxValue),
            Queues = _worker.Options.QueueNames,
            Names = _names,
            Slots = slots,
            Prefetch = prefetch,
            AllowSuspect = !session.Runs.HasSuspect,
            OldestFirst = _worker.Options.Fair && ++_claims % FairEvery == 0,
        };
        session.Claims.Add(request.ClaimId);
        try
        {
            var answer = await CallAsync(request, session).ConfigureAwait(false);
            if (answer.Lease == LeaseReply.Lost)
            {
                _worker.SessionLost(session, "a claim was refused: it was declared dead");
                return null;
            }

            _heldUp = !request.AllowSuspect;
            Take(answer.Runs, session);
            return answer;
        }
        finally
        {
            session.Claims.Remove(request.ClaimId);
        }
    }

    /// <summary>After an unknown outcome (the connection broke) asks for that claim's runs, so that none is left without code.</summary>
    private async Task<ClaimAnswer> CallAsync(ClaimRequest request, WorkerSession session)
    {
        try
        {
            // Not cancelled by the stop: a claim that commits must be known, or its runs would wait for the lease to run out.
            var answer = await _worker.Store.ClaimAsync(request, CancellationToken.None).ConfigureAwait(false);
            FaultPoints.Reach("claim-answer");
            return answer;
        }
        catch (StoreException e) when (e.IsTransient)
        {
            Log.ClaimFailed(_worker.Logger, e);
            var backoff = new Backoff(_worker.Time);
            while (true)
            {
                await backoff.WaitAsync(session.Lost).ConfigureAwait(false);
                try
                {
                    var runs = await _worker.Store.FindClaimAsync(session.Id, request.ClaimId, session.Lost).ConfigureAwait(false);
                    return new ClaimAnswer(LeaseReply.Held, runs, TimeSpan.Zero);
                }
                catch (StoreException again) when (again.IsTransient)
                {
                    continue;
                }
            }
        }
    }

    private void Take(IReadOnlyList<ClaimedRun> claimed, WorkerSession session)
    {
        if (claimed.Count == 0)
            return;
        _worker.Claimed(claimed.Count);
        Interlocked.Add(ref _outstanding, claimed.Count);
        foreach (var claim in claimed)
        {
            var run = _worker.Admit(claim, session);
            _heldUp |= run.IsSuspect;
            if (!_ready.Writer.TryWrite(run))
                throw new InvalidOperationException("The slots have ended before the claim loop.");
        }
    }

    private async Task WaitForWorkAsync(ClaimAnswer answer, long seen, CancellationToken stop)
    {
        // Only a run's end tells that a worker which stops when empty may stop, so that one looks often.
        var poll = _worker.Options.StopWhenEmpty ? StopWhenEmptyPoll : _worker.Options.PollInterval;
        if (_heldUp && poll > SuspectPoll)
            poll = SuspectPoll;
        var began = _worker.Time.GetTimestamp();
        TimeSpan? left;
        var due = _inVain > 2 ? HeldPause * (1 << Math.Min(_inVain - 2, 7)) : answer.NextDue;
        do
        {
            left = due - _worker.Time.GetElapsedTime(began);
            if (left <= TimeSpan.Zero)
                return;
            var atMost = left < poll ? left.Value : poll * (JobWorker.LongestPoll - (0.4 * Random.Shared.NextDouble()));
            await _worker.Store.WaitForWorkAsync(_worker.Options.QueueNames, seen, atMost, stop).ConfigureAwait(false);
        }
        while (!_heldUp && !_worker.Options.StopWhenEmpty && _worker.HeartLooksForWork && _worker.Store.WakeStamp == seen);
    }

    private async Task RunSlotAsync()
    {
        while (await _ready.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            while (_ready.Reader.TryRead(out var run))
            {
                await _worker.Runner.RunAsync(run).ConfigureAwait(false);
                Ended(run);
            }
        }
    }

    private void Ended(ActiveRun run)
    {
        if (run.BegunAt != 0)
            _short.Took(run.Claim.Queue, _worker.Time.GetElapsedTime(run.BegunAt));
        var outstanding = Interlocked.Decrement(ref _outstanding);
        if (_full && HasRoom(outstanding, Ahead))
            WakeClaim();
    }

    private void WakeClaim()
    {
        _full = false;
        try
        {
            _room.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    private async Task WatchPrefetchedAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(PrefetchPatience, _worker.Time, _worker.Claiming).ConfigureAwait(false);
                // One that was not prefetched has a slot: it waits for the thread pool alone.
                if (_ready.Reader.TryPeek(out var first) && first.Claim.Prefetched && _worker.Time.GetElapsedTime(first.ClaimedAt) > PrefetchPatience)
                {
                    _short.Forget();
                    HandBackWaiting("a longer job took the slot");
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The claim loop hands back what waits when it ends.
        }
    }

    private void HandBackWaiting(string why)
    {
        while (_ready.Reader.TryRead(out var run))
        {
            _worker.Runner.HandBack(run, why);
            Ended(run);
        }
    }
}
