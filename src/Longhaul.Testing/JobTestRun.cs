using System.Text.Json;
using Longhaul.Jobs;
using Longhaul.Storage;

namespace Longhaul.Testing;

/// <summary>What a run did.</summary>
public sealed class JobTestRun
{
    private readonly JobId _job;
    private readonly ReadOnlyMemory<byte>? _result;
    private readonly List<PhaseRecord> _phases;

    internal JobTestRun(JobTestHost host, JobId job)
    {
        _job = job;
        _result = host.Result;
        CheckpointBody = host.Checkpoint;
        FailureRecords = [.. host.Failures.Values];
        _phases = host.Checkpoint is { } body ? CheckpointFormat.Read(job, body) : [];
        Progress = host.Progress is { } p ? new JobProgressInfo(p.Fraction, p.Done, p.Total, p.Phase, p.Note, p.Rate, p.TimeLeft) : null;
        Logs = [.. host.Logs.Select(static l => new JobTestLog((Microsoft.Extensions.Logging.LogLevel)l.Level, l.Text))];
        Enqueued = [.. host.Children.Values.Select(static c => new JobTestChild(c))];
        ItemFailures = [.. FailureRecords.Select(static f => new JobTestItemFailure(f))];
    }

    /// <summary>What a worker would have made of it.</summary>
    public required JobTestOutcome Outcome { get; init; }

    /// <summary>What the handler threw; null: nothing.</summary>
    public required Exception? Error { get; init; }

    /// <summary>When it would be tried again after an error.</summary>
    public required TimeSpan? RetryDelay { get; init; }

    /// <summary>What <c>FailedAsync</c> threw; null: nothing, or it was not called.</summary>
    public required Exception? FailedError { get; init; }

    /// <summary>The traces, in order.</summary>
    public required IReadOnlyList<JobTrace> Traces { get; init; }

    /// <summary>The last progress; null: none was reported.</summary>
    public JobProgressInfo? Progress { get; }

    /// <summary>The stored log lines, in order: those from Information on.</summary>
    public IReadOnlyList<JobTestLog> Logs { get; }

    /// <summary>What the run enqueued by <c>context.EnqueueAsync</c>, in order.</summary>
    public IReadOnlyList<JobTestChild> Enqueued { get; }

    /// <summary>Items that failed while their loop went on.</summary>
    public IReadOnlyList<JobTestItemFailure> ItemFailures { get; }

    /// <summary>The phases that are finished, as paths such as <c>copy/large</c>.</summary>
    public IReadOnlyList<string> FinishedPhases => [.. _phases.Where(static p => p.Done).Select(static p => p.Path)];

    internal ReadOnlyMemory<byte>? CheckpointBody { get; }

    internal IReadOnlyList<ItemFailureRecord> FailureRecords { get; }

    /// <summary>The state that <c>Checkpoint</c> had at the end.</summary>
    /// <typeparam name="T">What it was set to.</typeparam>
    /// <param name="phase">The path of a phase; empty: the job's own.</param>
    /// <exception cref="InvalidOperationException">There is none.</exception>
    public T LastCheckpoint<T>(string phase = "") => Read<T>(Phase(phase)?.State, $"state of {Name(phase)}");

    /// <summary>Whether there is a state at the end.</summary>
    /// <param name="phase">The path of a phase; empty: the job's own.</param>
    public bool HasCheckpoint(string phase = "") => Phase(phase)?.State is not null;

    /// <summary>What a finished phase returned.</summary>
    /// <param name="phase">Its path.</param>
    /// <exception cref="InvalidOperationException">It has not finished, or returned nothing.</exception>
    public T PhaseResult<T>(string phase) => Read<T>(Phase(phase)?.Result, $"result of {Name(phase)}");

    /// <summary>Up to where the loop is done without a gap.</summary>
    /// <param name="phase">The path of its phase; empty: the loop directly in the job.</param>
    /// <exception cref="InvalidOperationException">No item is done, or there is no such loop.</exception>
    public TCursor LastCursor<TCursor>(string phase = "")
    {
        var loop = Phase(phase)?.SavedLoop is { } json ? JsonDocument.Parse(json).RootElement : default;
        return loop.ValueKind == JsonValueKind.Object && loop.TryGetProperty("low", out var low)
            ? low.Deserialize<TCursor>(JobJson.Options)!
            : throw new InvalidOperationException($"A cursor must have been saved, but the loop of {Name(phase)} has none.{Known()}");
    }

    /// <summary>How many items the loop has done, over all runs.</summary>
    /// <param name="phase">The path of its phase; empty: the loop directly in the job.</param>
    public long ItemsDone(string phase = "")
        => Phase(phase)?.SavedLoop is { } json && JsonDocument.Parse(json).RootElement.TryGetProperty("count", out var count) ? count.GetInt64() : 0;

    /// <summary>The result that was set.</summary>
    /// <exception cref="InvalidOperationException">None was.</exception>
    public T ResultAs<T>() => Read<T>(_result?.ToArray(), "result");

    private PhaseRecord? Phase(string path) => _phases.FirstOrDefault(p => p.Path == path);

    private T Read<T>(byte[]? json, string what)
        => json is not null
            ? JsonSerializer.Deserialize<T>(json, JobJson.Options)!
            : throw new InvalidOperationException($"Job {_job} must have a {what}, but has none.{Known()}");

    private string Known() => _phases.Count > 0 ? $" There are: {string.Join(", ", _phases.Select(static p => Name(p.Path)))}." : "";

    private static string Name(string phase) => phase.Length == 0 ? "the job" : $"phase '{phase}'";
}
