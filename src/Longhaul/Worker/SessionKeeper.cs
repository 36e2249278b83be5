using System.Reflection;
using Longhaul.Diagnostics;
using Longhaul.Storage;

namespace Longhaul.Worker;

/// <summary>Opens the worker's session and its heart, and a new one when that is lost.</summary>
internal sealed class SessionKeeper(JobWorker worker)
{
    private static readonly TimeSpan ProofLook = TimeSpan.FromMilliseconds(50);

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _closing = new();
    private WorkerSession? _current;
    private Heart? _heart;
    private Task<WorkerSession>? _opening;

    /// <summary>The session that was opened last; it may be lost.</summary>
    public WorkerSession Current => _current ?? throw new InvalidOperationException("The worker has not begun.");

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var id = new SessionId(Random.Shared.NextInt64(1, long.MaxValue));
        var record = new WorkerRecord
        {
            Session = id,
            Name = worker.Name,
            HostName = Environment.MachineName,
            Host = ProcessProbe.Host,
            ProcessId = Environment.ProcessId,
            ProcessStart = ProcessProbe.Start,
            Queues = worker.Options.QueueNames,
            Names = worker.Registry.Names,
            Concurrency = worker.Options.Concurrency + worker.Options.LongSlots,
            Lease = worker.Options.Lease,
            Version = Assembly.GetEntryAssembly()?.GetName().Version?.ToString(),
            Group = long.TryParse(Environment.GetEnvironmentVariable("LONGHAUL_GROUP"), out var group) ? group : null,
        };
        var backoff = new Backoff(worker.Time);
        while (true)
        {
            try
            {
                // The lease begins at the store's write, not before this moment: a session made earlier would count its wait as silence.
                var session = new WorkerSession(id, worker.Time, worker.Options.Lease, worker.Options.Heartbeat + TimeSpan.FromSeconds(1));
                await worker.Store.OpenSessionAsync(record, cancellationToken).ConfigureAwait(false);
                var heart = new Heart(session, worker.Store, worker.Options, worker.Time, worker.Logger, worker);
                lock (_lock)
                {
                    _current = session;
                    _heart = heart;
                }

                heart.Start();
                return;
            }
            catch (StoreException e) when (e.IsTransient)
            {
                if (backoff.Failures == 0)
                    Log.OpenFailed(worker.Logger, e);
                await backoff.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The live session; waits while a new one is being opened, but not when the worker is to stop: the store may be away for long.</summary>
    public ValueTask<WorkerSession> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return _opening is { IsCompletedSuccessfully: false } opening
                ? new ValueTask<WorkerSession>(opening.WaitAsync(cancellationToken))
                : new ValueTask<WorkerSession>(Current);
        }
    }

    /// <summary>Opens a new session in place of a lost one, once however many notice.</summary>
    public void Replace(WorkerSession lost, string why)
    {
        lock (_lock)
        {
            if (_current != lost || _opening is { IsCompleted: false } || _closing.IsCancellationRequested)
                return;
            Log.SessionLost(worker.Logger, lost.Id, why);
            var heart = _heart;
            _heart = null;
            _opening = Task.Run(() => ReopenAsync(heart));
        }
    }

    private async Task<WorkerSession> ReopenAsync(Heart? heart)
    {
        try
        {
            heart?.Dispose();
            await OpenAsync(_closing.Token).ConfigureAwait(false);
            return Current;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Not to be mended by waiting: the store was replaced, or migrated by a newer program. A worker without a session is no worker.
            Log.ReopenFailed(worker.Logger, e);
            worker.Stop($"no new session could be opened: {e.Message}", exitCode: 1);
            throw;
        }
    }

    /// <summary>Completes when the lease is proven again.</summary>
    public async Task ProvenAsync(CancellationToken cancellationToken)
    {
        while (!Current.IsProven)
            await Task.Delay(ProofLook, worker.Time, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the heart, and opens no further session.</summary>
    public async Task StopHeartAsync()
    {
        await _closing.CancelAsync().ConfigureAwait(false);
        if (_opening is { } opening)
            await ((Task)opening).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _heart?.Dispose();
    }

    /// <summary>Ends the session, after its heart.</summary>
    public async Task CloseAsync()
    {
        if (Current.Lost.IsCancellationRequested)
            return; // no new one was opened: there is nothing to close
        try
        {
            await worker.Store.CloseSessionAsync(Current.Id, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StoreException e)
        {
            Log.CloseFailed(worker.Logger, e); // others find this process gone
        }
    }
}
