using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Storage;
using Longhaul.Worker;

namespace Longhaul;

/// <summary>What a job and each of its phases have: progress, a checkpoint, phases in it, a loop.</summary>
public abstract partial class JobScope
{
    private protected JobScope(RunState run, string path, ProgressNode node, bool followCurrent)
    {
        Run = run;
        ScopePath = path;
        Node = node;
        Progress = new JobProgress(run.Progress, followCurrent ? null : node);
        Checkpoint = new JobCheckpoint(run, path);
    }

    internal RunState Run { get; }

    internal string ScopePath { get; }

    internal ProgressNode Node { get; }

    private protected abstract JobContext Context { get; }

    /// <summary>How far it is.</summary>
    public JobProgress Progress { get; }

    /// <summary>Its state, kept for the next run.</summary>
    public JobCheckpoint Checkpoint { get; }

    /// <summary>The run's token, the same that the handler is given: trips when the run is to stop.</summary>
    public CancellationToken CancellationToken => Run.StopToken;

    /// <summary>Runs a named part of the job, once over all its runs: a phase that has finished is skipped when the job runs again.</summary>
    /// <remarks>
    /// What stands outside of phases runs again with each run. When a job is run for its failed items alone, finished phases that hold some are entered again,
    /// and the loops in them run only those items.
    /// </remarks>
    /// <param name="name">1–128 characters without <c>/</c>. The same in every run, and used once in a run.</param>
    /// <param name="weight">
    /// Its share of the whole; at least 0. Shares of 1 (0.1, 0.9) are right from the start. Other numbers work too: the fraction done is the sum of
    /// weight × fraction over the known phases, divided by the larger of 1 and the sum of their weights; see <see cref="JobContext.PlanPhases"/>.
    /// </param>
    /// <param name="body">The work. It is begun only while the run is not to stop; returning finishes the phase, throwing does not.</param>
    /// <exception cref="OperationCanceledException">The run is to stop: let it pass.</exception>
    /// <exception cref="InvalidOperationException">The name was used before in this run.</exception>
    public Task PhaseAsync(string name, double weight, Func<PhaseContext, Task> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return RunPhaseAsync<object?>(name, weight, stored: false, async phase =>
        {
            await body(phase).ConfigureAwait(false);
            return null;
        });
    }

    /// <summary>As <see cref="PhaseAsync(string, double, Func{PhaseContext, Task})"/>, with a result that is kept: a finished phase returns it without running again.</summary>
    /// <typeparam name="T">A type that survives JSON; the whole checkpoint may hold at most 16 MiB.</typeparam>
    /// <exception cref="FailNowException">The stored result cannot be read as <typeparamref name="T"/>.</exception>
    /// <inheritdoc cref="PhaseAsync(string, double, Func{PhaseContext, Task})"/>
    public Task<T> PhaseAsync<T>(string name, double weight, Func<PhaseContext, Task<T>> body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return RunPhaseAsync(name, weight, stored: true, body);
    }

    private async Task<T> RunPhaseAsync<T>(string name, double weight, bool stored, Func<PhaseContext, Task<T>> body)
    {
        var path = PathOf(name);
        if (!double.IsFinite(weight) || weight < 0)
            throw new ArgumentOutOfRangeException(nameof(weight), weight, $"A phase's weight must be a finite number of at least 0, but that of '{path}' was {weight}.");
        if (!Context.TryUse(path))
            throw new InvalidOperationException($"A phase runs once in a run, but '{path}' was used before. Give each its own name.");

        Run.ThrowIfStopping();
        var record = Run.Checkpoint.Phase(path);
        var node = Run.Progress.Declare(Node, path, weight);
        if (record.Done && !await HasFailedItemsToRunAsync(path).ConfigureAwait(false))
        {
            Run.Progress.Leave(node, ended: true);
            return stored ? ReadResult<T>(record) : default!;
        }

        Run.Checkpoint.Change(() => record.Weight = weight);
        Run.Progress.Enter(node);
        var ended = false;
        try
        {
            var result = await body(new PhaseContext(Context, name, path, node)).ConfigureAwait(false);
            Finish(record, stored ? WriteResult(record, result) : null);
            ended = true;
            return result;
        }
        finally
        {
            Run.Progress.Leave(node, ended);
        }
    }

    private string PathOf(string name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > JobLimits.NameLength || name.Contains('/', StringComparison.Ordinal) || !StorageText.IsClean(name))
            throw new ArgumentException($"A phase's name must have 1 to {JobLimits.NameLength} characters without '/' and NUL, but was '{name}'.", nameof(name));
        return ScopePath.Length == 0 ? name : $"{ScopePath}/{name}";
    }

    private async ValueTask<bool> HasFailedItemsToRunAsync(string path)
        => Run.Claim.Kind == RunKind.FailedItems &&
           (await Run.FailedItemsAsync(loop => loop == path || loop.StartsWith(path + "/", StringComparison.Ordinal)).ConfigureAwait(false)).Count > 0;

    private void Finish(PhaseRecord record, byte[]? result) => Run.Checkpoint.Change(
        () =>
        {
            record.Done = true;
            record.Result = result;
        },
        keep: true,
        headway: true);

    private byte[] WriteResult<T>(PhaseRecord record, T result)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(result, JobJson.Options);
        Run.Checkpoint.CheckRoom(json.Length, record.Result?.Length ?? 0);
        return json;
    }

    private T ReadResult<T>(PhaseRecord record)
    {
        try
        {
            return record.Result is { } json
                ? JsonSerializer.Deserialize<T>(json, JobJson.Options)!
                : throw new JsonException("the phase was finished by code that returned nothing");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw CheckpointFormat.Refuse(Run.Claim.Key.Job, $"the result of phase '{record.Path}' is no {typeof(T).Name}: {e.Message}", e);
        }
    }
}
