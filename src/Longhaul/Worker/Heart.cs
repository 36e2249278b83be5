using Longhaul.Diagnostics;
using Longhaul.Storage;
using Microsoft.Extensions.Logging;

namespace Longhaul.Worker;

/// <summary>
/// Keeps one session alive: a tick a second on a thread of its own, every fifth renewing the lease, so that neither a starved
/// thread pool nor a handler that never yields can fake a death. Brings back orders, and hands what it sees of others to recovery.
/// </summary>
internal sealed class Heart : IDisposable
{
    private const int RenewEvery = 5;

    /// <summary>A tick also renews when this share of the lease is over: where the store answers slowly, five ticks may outlast a lease.</summary>
    private const int RenewWithin = 3;

    private readonly WorkerSession _session;
    private readonly IHeart _heart;
    private readonly WorkerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IHeartListener _listener;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private int _tick;
    private bool _away;

    public Heart(WorkerSession session, IJobStore store, WorkerOptions options, TimeProvider time, ILogger logger, IHeartListener listener)
    {
        _session = session;
        _heart = store.OpenHeart(session.Id);
        _options = options;
        _time = time;
        _logger = logger;
        _listener = listener;
        _thread = new Thread(Beat) { IsBackground = true, Name = "longhaul heart", Priority = ThreadPriority.AboveNormal };
    }

    public void Start() => _thread.Start();

    private void Beat()
    {
        while (!_stop.Wait(_options.Heartbeat))
        {
            // First one's own clock: a process that was stopped (SIGSTOP, a suspended machine) tells its handlers at once,
            // before it asks a store that may be slow.
            if (_session.HasRunOut && _session.Lose())
                _listener.SessionLost(_session, "its lease has run out unrenewed");
            if (_session.Lost.IsCancellationRequested)
                return;

            Tick();
        }
    }

    /// <summary>One tick. Never throws, whatever listeners do: it would end the process. Internal for tests.</summary>
    internal void Tick()
    {
        try
        {
            BeatOnce();
        }
        catch (Exception e)
        {
            Log.HeartBroke(_logger, e);
        }
    }

    private void BeatOnce()
    {
        var sentAt = _time.GetTimestamp();
        var renew = _tick % RenewEvery == 0 || _away || _session.SinceRenewal >= _options.Lease / RenewWithin;
        var (count, hash) = _session.Runs.Fingerprint();
        var begun = TakeBegun();
        BeatAnswer answer;
        try
        {
            answer = _heart.Beat(new Beat { Renew = renew, RunCount = count, RunHash = hash, Begun = begun.ConvertAll(static run => run.Claim.Key), State = _listener.State });
        }
        catch (Exception e)
        {
            // Unknown, not lost: only the clock turns it into lost. Said once, not once a second.
            foreach (var run in begun)
                run.PutBackBegun();
            if (!_away)
                Log.BeatFailed(_logger, e);
            _away = true;
            return;
        }

        if (_away)
            Log.BeatBack(_logger);
        _away = false;
        _tick++;

        if (answer.Lease == LeaseReply.Lost)
        {
            if (_session.Lose())
                _listener.SessionLost(_session, "it was declared dead and its runs taken over");
            return;
        }

        _session.Prove(sentAt, renew);
        foreach (var order in answer.Orders)
            Carry(order);
        _listener.Beaten(_session, answer, sentAt);
    }

    /// <summary>
    /// Runs that live for a while. One that ends within moments is not told: it would cost a store that keeps the runs of a claim in one row a row of its
    /// own, and its neighbours theirs (on PostgreSQL, no-op jobs that are deleted: 18,000 a second where all are told, 34,000 so).
    /// </summary>
    private List<ActiveRun> TakeBegun()
    {
        var before = _time.GetTimestamp() - (long)(_options.Heartbeat.TotalSeconds / 4 * _time.TimestampFrequency);
        return [.. _session.Runs.Snapshot().Where(run => run.TakeBegun(before))];
    }

    private void Carry(RunOrder order)
    {
        if (_session.Runs.Find(order.Run) is not { } run)
            return;
        switch (order.Kind)
        {
            case RunOrderKind.Cancel:
                run.Order ??= order;
                run.State.Stop(StopReason.Cancelled);
                break;
            case RunOrderKind.Pause:
                run.Order ??= order;
                run.State.Stop(StopReason.Paused);
                break;
            case RunOrderKind.Watch:
                run.WatchedUntil = _time.GetTimestamp() + (2 * _time.TimestampFrequency); // renewed by each tick that still says so
                _listener.Watched();
                break;
        }
    }

    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
        _heart.Dispose();
        _stop.Dispose();
    }
}

/// <summary>What the heart tells. Called on its thread: must not block.</summary>
internal interface IHeartListener
{
    /// <summary>What the worker does now.</summary>
    WorkerState State { get; }

    /// <summary>The session is gone: all its runs have been told.</summary>
    void SessionLost(WorkerSession session, string why);

    /// <summary>A tick came back.</summary>
    void Beaten(WorkerSession session, BeatAnswer answer, long sentAt);

    /// <summary>Somebody watches a run.</summary>
    void Watched();
}
