using System.Collections.Concurrent;
using System.Data.Common;
using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;

namespace Longhaul;

/// <summary>One run of a job, as its handler sees it. All of it may be used by any number of threads.</summary>
public sealed partial class JobContext : JobScope
{
    private ConcurrentDictionary<string, bool>? _usedPhases;

    /// <exception cref="FailNowException">The job's checkpoint cannot be read.</exception>
    internal JobContext(RunState run)
        : base(run, "", run.Progress.Root, followCurrent: true)
    {
        Log = new JobLog(run);
        if (run.Claim.Checkpoint is null)
            return;
        foreach (var phase in run.Checkpoint.Phases().Where(static p => p.Weight > 0))
            run.Progress.Restore(phase.Path, phase.Weight, phase.Done);
    }

    private protected override JobContext Context => this;

    /// <summary>Whether this run has not had the phase yet; from now on it has.</summary>
    internal bool TryUse(string phase)
        => LazyInitializer.EnsureInitialized(ref _usedPhases, static () => new ConcurrentDictionary<string, bool>()).TryAdd(phase, true);

    /// <summary>The job's id.</summary>
    public JobId Id => Run.Claim.Key.Job;

    /// <summary>The job name.</summary>
    public string Name => Run.Claim.Name;

    /// <summary>The queue.</summary>
    public string Queue => Run.Claim.Queue;

    /// <summary>Whose job it is; null: nobody's in particular.</summary>
    public string? Owner => Run.Claim.Owner;

    /// <summary>1 at the first. Only runs that ended in an error count; in <c>FailedAsync</c>: the tries of that.</summary>
    public int Attempt => Run.Claim.FailedAttempts + 1;

    /// <summary>Attempts in all.</summary>
    public int MaxAttempts => Run.MaxAttempts;

    /// <summary>Whether an error of this run fails the job.</summary>
    public bool IsLastAttempt => Attempt >= MaxAttempts;

    /// <summary>1 at the first; counts every claim of the job.</summary>
    public int RunNumber => Run.Claim.RunNumber;

    /// <summary>A number that only grows from run to run: hand it to other systems, so that they can refuse a run that was taken over.</summary>
    public long FenceToken => Run.Claim.FenceToken;

    /// <summary>When the job was enqueued.</summary>
    public DateTimeOffset CreatedAt => Run.Claim.CreatedAt;

    /// <summary>Why the run is asked to stop; <see cref="StopReason.None"/> while it is not.</summary>
    public StopReason StopReason => Run.StopReason;

    /// <summary>The job's log: lines from Information on are stored with the job (8 KiB each, the last 10,000), and all go to the host's logger.</summary>
    public ILogger Log { get; }

    /// <summary>Sets the job's result. It becomes JSON now; the last one set counts.</summary>
    /// <typeparam name="T">A type that becomes JSON.</typeparam>
    /// <param name="result">At most 1 MiB as JSON.</param>
    /// <exception cref="ArgumentException">It does not become JSON, or is over 1 MiB.</exception>
    public void SetResult<T>(T result)
    {
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(result, JobJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"A result must become JSON, but {typeof(T).Name} does not: {e.Message}", nameof(result), e);
        }

        if (json.Length > JobLimits.ResultBytes)
            throw new ArgumentException($"A result may hold at most {JobLimits.ResultBytes} bytes of JSON, but has {json.Length}. Keep large data elsewhere and its place here.", nameof(result));
        Run.Buffers.SetResult(json);
    }

    /// <summary>
    /// Completes the job in the caller's own transaction on the store's database: the work and the job's end commit together or not at all.
    /// Make it the last call before the commit, and return after it. When the transaction does not commit, let the exception pass: the run then ends
    /// as it would have without this call. What the handler tells after it is kept only when the transaction does not commit.
    /// </summary>
    /// <param name="transaction">An open transaction on the database that holds the job store.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="LeaseLostException">Another run has taken over: nothing was written. Roll back and let it pass.</exception>
    /// <exception cref="NotSupportedException">The store has no transactions.</exception>
    public Task CompleteAsync(DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        return Run.Host.CompleteAsync(Run, transaction, cancellationToken);
    }

    /// <summary>
    /// Enqueues a job as part of this run: it is written, fenced, with the next flush, checkpoint or the run's end, so that a run that was taken over enqueues nothing.
    /// </summary>
    /// <param name="job">A payload with a <see cref="JobAttribute"/>.</param>
    /// <param name="options">What is different for this job.</param>
    /// <param name="cancellationToken">Cancels before the job is noted.</param>
    /// <returns>Its id. With a unique key that is occupied no job of this id will come to be.</returns>
    /// <exception cref="ArgumentException">As for <see cref="IJobClient"/>.</exception>
    public async ValueTask<JobId> EnqueueAsync<TJob>(TJob job, EnqueueOptions? options = null, CancellationToken cancellationToken = default) where TJob : notnull
    {
        var child = await PrepareAsync(job, options, cancellationToken).ConfigureAwait(false);
        Run.Buffers.Add(child);
        if (Run.Buffers.Holds(RunBuffers.TooMany))
            await Run.Host.FlushAsync(Run, cancellationToken).ConfigureAwait(false);
        return child.Id;
    }

    /// <summary>
    /// Tells the phases and their weights beforehand, so that the fraction done is right from the start where weights are not shares of 1. Optional.
    /// </summary>
    /// <param name="phases">Name and weight of each.</param>
    public void PlanPhases(params ReadOnlySpan<(string Name, double Weight)> phases)
    {
        foreach (var (name, weight) in phases)
            Run.Progress.Restore(name, weight, ended: false);
    }

    internal async ValueTask<NewJob> PrepareAsync(object job, EnqueueOptions? options, CancellationToken cancellationToken)
    {
        var child = await Run.Host.PrepareAsync(job, options, cancellationToken).ConfigureAwait(false);
        return child with { EnqueuedBy = Id };
    }
}
