using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// Takes over the runs of dead workers. Every worker does; there is no leader. The heart brings what it sees of others each second:
/// a process of this host that is gone, or one whose lasting connection is, is dead now, any other when its lease has run out.
/// </summary>
internal sealed class Recovery(IJobStore store, WorkerOptions options, TimeProvider time, JobMetrics metrics, ILogger logger)
{
    /// <summary>A look in which the store's lease clock and our monotonic clock disagree by more than this judges nothing for a lease.</summary>
    private static readonly TimeSpan Disagreement = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan SweepInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private (long Own, TimeSpan Store)? _last;
    private long _noJudgingUntil;
    private long _sweptAt = time.GetTimestamp();
    private Task _running = Task.CompletedTask;
    private volatile bool _brokeOff;

    /// <summary>Judges the peers that a tick brought, and recovers in the background when any is dead. Called by the heart.</summary>
    public void Look(WorkerSession session, BeatAnswer answer, long sentAt)
    {
        var proven = answer.Peers.Where(static p => p.ConnectionGone || ProcessProbe.IsGone(p)).Select(static p => p.Session).ToList();
        var mayJudgeLeases = MayJudgeLeases(answer, sentAt); // at each tick: a jump of the clock shows only against the tick before
        var expired = mayJudgeLeases && answer.Peers.Any(static p => p.LeaseExpired);
        var sweep = _brokeOff || (!answer.NamesLeftBehind && time.GetElapsedTime(_sweptAt) > SweepInterval); // again through sessions that died before: late claims of theirs
        if (proven.Count == 0 && !expired && !sweep)
            return;

        lock (_lock)
        {
            if (!_running.IsCompleted)
                return; // the next tick looks again
            if (sweep)
                _sweptAt = time.GetTimestamp();
            _brokeOff = false;
            _running = Task.Run(() => RecoverAsync(session, proven, mayJudgeLeases));
        }
    }

    public Task StopAsync()
    {
        lock (_lock)
            return _running;
    }

    private bool MayJudgeLeases(BeatAnswer answer, long sentAt)
    {
        if (_last is { } last)
        {
            var own = time.GetElapsedTime(last.Own, sentAt);
            if ((answer.LeaseClock - last.Store - own).Duration() > Disagreement)
            {
                _noJudgingUntil = sentAt + (long)(options.Lease.TotalSeconds * time.TimestampFrequency);
                Log.ClocksDisagree(logger, answer.LeaseClock - last.Store - own);
            }
        }

        _last = (sentAt, answer.LeaseClock);
        return sentAt >= _noJudgingUntil;
    }

    private async Task RecoverAsync(WorkerSession session, List<SessionId> proven, bool mayJudgeLeases)
    {
        try
        {
            var report = await store.RecoverAsync(session.Id, proven, mayJudgeLeases ? null : TimeSpan.MaxValue, session.Lost).ConfigureAwait(false);
            foreach (var dead in report.Dead)
                Log.WorkerDead(logger, dead, proven.Contains(dead) ? "its process or its connection is gone" : "its lease ran out");
            metrics.Lost(report.Recovered.Count + report.Failed.Count);
            if (report.Recovered.Count > 0)
                Log.JobsRecovered(logger, report.Recovered.Count);
            foreach (var failed in report.Failed)
                Log.PoisonJob(logger, failed);
        }
        catch (Exception e)
        {
            // The next tick sweeps: the dead may be declared so already, and then no tick names them again, while their runs still wait.
            _brokeOff = true;
            Log.RecoveryFailed(logger, e);
        }
    }
}
