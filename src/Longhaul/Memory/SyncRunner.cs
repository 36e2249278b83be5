using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Longhaul.Client;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Worker;

namespace Longhaul.Memory;

/// <summary>
/// Runs jobs in their caller's flow. Every write that may make jobs due is followed, under one lock, by a claim of all that is due: so each job is
/// claimed by the flow that enqueued it, though several flows share the store.
/// </summary>
internal sealed class SyncRunner(IJobStore store, JobRegistry registry, SyncRun.Parts parts) : IDisposable
{
    private const int Slots = 1_000;

    private readonly SemaphoreSlim _claiming = new(1, 1);
    private readonly AsyncLocal<SyncFlow?> _flow = new(); // tells the code of a run from other callers of the same client
    private readonly ConcurrentDictionary<JobId, RunState> _running = new();
    private readonly SessionId _session = new(parts.Random.Next());
    private bool _open;

    /// <summary>Whether the caller is code of a run.</summary>
    public bool IsInRun => _flow.Value is { HasEnded: false };

    public bool Handles(string name) => registry.Find(name) is not null;

    /// <summary>Writes a job and runs it; inside a run, after that one.</summary>
    public async ValueTask<EnqueueResult> EnqueueAsync(NewJob job)
    {
        IReadOnlyList<EnqueueAnswer>? answers = null;
        await WriteAndRunAsync(async () =>
        {
            answers = await store.EnqueueAsync([job], null, CancellationToken.None).ConfigureAwait(false);
            EnqueueAnswers.Result(answers[0], job); // throws what was refused
        }).ConfigureAwait(false);
        return EnqueueAnswers.Result(answers![0], job);
    }

    /// <summary>Makes a job pending again and runs it.</summary>
    public async Task<bool> RetryAsync(Func<Task<bool>> act)
    {
        var done = false;
        await WriteAndRunAsync(async () => done = await act().ConfigureAwait(false)).ConfigureAwait(false);
        return done;
    }

    /// <summary>Tells a run that it is cancelled: the store has no heart to do so.</summary>
    public void Cancel(JobId id)
    {
        if (_running.TryGetValue(id, out var run))
            run.Stop(StopReason.Cancelled);
    }

    /// <summary>Does a write of a run, and takes over what it made due.</summary>
    public Task WriteAsync(SyncFlow flow, Func<Task> write) => ClaimAfterAsync(write, flow.TryAdd);

    public void Dispose() => _claiming.Dispose();

    private async Task WriteAndRunAsync(Func<Task> write)
    {
        SyncFlow? own = null;
        await ClaimAfterAsync(write, runs =>
        {
            if (_flow.Value?.TryAdd(runs) == true)
                return true;
            return (own ??= new SyncFlow()).TryAdd(runs);
        }).ConfigureAwait(false);
        if (own is not null)
            await RunAllAsync(own).ConfigureAwait(false);
    }

    private async Task ClaimAfterAsync(Func<Task> write, Func<IReadOnlyList<ClaimedRun>, bool> take)
    {
        await _claiming.WaitAsync().ConfigureAwait(false);
        try
        {
            await OpenSessionAsync().ConfigureAwait(false);
            await write().ConfigureAwait(false);
            var request = new ClaimRequest { Session = _session, ClaimId = parts.Random.Next(), Queues = null, Names = registry.Names, Slots = Slots };
            while (true)
            {
                var claim = await store.ClaimAsync(request, CancellationToken.None).ConfigureAwait(false);
                if (claim.Runs.Count == 0)
                    return;
                // In the order in which they were enqueued, whatever their priority; a failed job's hook before them.
                take([.. claim.Runs.OrderBy(static r => r.Kind != RunKind.FailedHook).ThenBy(static r => r.Key.Job)]);
            }
        }
        finally
        {
            _claiming.Release();
        }
    }

    private async Task RunAllAsync(SyncFlow flow)
    {
        _flow.Value = flow;
        Exception? first = null;
        while (flow.Next() is { } claim)
        {
            var run = new SyncRun(claim, registry.Find(claim.Name)!, store, this, flow, parts);
            var error = await run.RunAsync(_running).ConfigureAwait(false);
            first ??= error;
        }

        if (first is not null)
            ExceptionDispatchInfo.Throw(first);
    }

    private async Task OpenSessionAsync()
    {
        if (_open)
            return;
        var worker = new WorkerRecord
        {
            Session = _session,
            Name = "sync",
            HostName = Environment.MachineName,
            Host = new HostIdentity(null, null, null),
            ProcessId = Environment.ProcessId,
            Names = registry.Names,
            Concurrency = Slots,
            Lease = TimeSpan.FromDays(PolicyCheck.LongestDays), // nobody renews it, and nobody else works here
        };
        await store.OpenSessionAsync(worker, CancellationToken.None).ConfigureAwait(false);
        _open = true;
    }
}
