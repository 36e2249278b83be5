using System.Data.Common;
using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Worker;

namespace Longhaul;

/// <summary>
/// What a job, or a phase of it, keeps for its next run beside its phases and loops: one state of its own.
/// </summary>
public sealed class JobCheckpoint
{
    private readonly RunState _run;
    private readonly string _path;

    internal JobCheckpoint(RunState run, string path) => (_run, _path) = (run, path);

    private PhaseRecord Record => _run.Checkpoint.Phase(_path);

    /// <summary>Whether there is a state, of this run or an earlier one.</summary>
    public bool HasState => Record.State is not null;

    /// <summary>
    /// Sets the state. It becomes JSON now, so that later changes of the object do not count, and is written with the next flush (every 2 s, and at the end of the run).
    /// </summary>
    /// <typeparam name="T">A type that survives JSON.</typeparam>
    /// <param name="state">The whole checkpoint may hold at most 16 MiB.</param>
    /// <exception cref="ArgumentException">It does not become JSON, or the checkpoint would be over 16 MiB.</exception>
    public void Set<T>(T state)
    {
        var record = Record;
        var json = ToJson(record, state);
        _run.Checkpoint.Change(() => record.State = json);
    }

    /// <summary>The state that was set last, by this run or an earlier one; default where there is none.</summary>
    /// <exception cref="FailNowException">It cannot be read as <typeparamref name="T"/>: the job fails rather than begin from zero.</exception>
    public T? Get<T>()
    {
        if (Record.State is not { } json)
            return default;
        try
        {
            return JsonSerializer.Deserialize<T>(json, JobJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw CheckpointFormat.Refuse(_run.Claim.Key.Job, $"the state of '{_path}' is no {typeof(T).Name}: {e.Message}", e);
        }
    }

    /// <summary>Writes now all that the run has to tell, instead of with the next flush.</summary>
    /// <exception cref="LeaseLostException">Another run has taken over: let it pass.</exception>
    public Task SaveAsync(CancellationToken cancellationToken)
    {
        _run.Checkpoint.Trust();
        _run.Checkpoint.Force();
        return _run.Host.FlushAsync(_run, cancellationToken);
    }

    /// <summary>
    /// Sets the state and writes the checkpoint in the caller's own transaction on the store's database: the work and its place commit together or not at all.
    /// Make it the last call before the commit. When the transaction does not commit, let the exception pass (the next run goes on from the last commit), or set the right state again.
    /// </summary>
    /// <param name="state">As in <see cref="Set"/>.</param>
    /// <param name="transaction">An open transaction on the database that holds the job store.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    /// <exception cref="LeaseLostException">Another run has taken over: nothing was written. Roll back and let it pass.</exception>
    /// <exception cref="NotSupportedException">The store has no transactions.</exception>
    public async Task SaveAsync<T>(T state, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(transaction);
        var record = Record;
        var json = ToJson(record, state);
        await _run.Checkpoint.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _run.SaveAsync(new TransactionPart { Change = () => record.State = json }, transaction, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _run.Checkpoint.EndTransaction(TransactionEnd.InDoubt);
        }
    }

    private byte[] ToJson<T>(PhaseRecord record, T state)
    {
        byte[] json;
        try
        {
            json = JsonSerializer.SerializeToUtf8Bytes(state, JobJson.Options);
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or InvalidOperationException)
        {
            throw new ArgumentException($"A checkpoint's state must become JSON, but {typeof(T).Name} does not: {e.Message}", nameof(state), e);
        }

        _run.Checkpoint.CheckRoom(json.Length, record.State?.Length ?? 0);
        return json;
    }
}
