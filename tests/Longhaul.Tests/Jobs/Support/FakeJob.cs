using System.Data.Common;
using System.Text;
using System.Text.Json;
using Longhaul.Conformance;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Tests.Jobs;

/// <summary>One job and its store, as far as a run sees them: what is flushed is kept, and the next run begins with it.</summary>
internal sealed class FakeJob : IRunHost
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ItemKey, ItemFailureRecord> _failures = [];
    private long _order;
    private JobContext? _current;
    private long _ids = 1_000;

    public static readonly JobId Id = new(7);

    public ManualClock Clock { get; } = new();

    TimeProvider IRunHost.Time => Clock;

    public ILogger Logger { get; init; } = NullLogger.Instance;

    public ReadOnlyMemory<byte>? Checkpoint { get; set; }

    public string CheckpointText => Checkpoint is { } body ? Encoding.UTF8.GetString(body.Span) : "";

    public ProgressRecord? Progress { get; private set; }

    public List<LogLine> Logs { get; } = [];

    public List<TraceRecord> Traces { get; } = [];

    public Dictionary<JobId, NewJob> Children { get; } = [];

    public IReadOnlyList<ItemFailureRecord> Failures => [.. _failures.Values];

    public JsonElement? Result { get; private set; }

    public bool Headway { get; private set; }

    public int Runs { get; private set; }

    public int FailedAttempts { get; set; }

    public List<CheckpointWrite> Kept { get; } = [];

    /// <summary>Set: the lease is not proven until it completes.</summary>
    public TaskCompletionSource? Proof { get; set; }

    /// <summary>Whether the store has no transactions.</summary>
    public bool RefuseTransactions { get; set; }

    /// <summary>Called with each update before it is stored; an exception keeps it from being.</summary>
    public Action<RunUpdate>? BeforeStore { get; set; }

    /// <summary>Claims the job anew; what an earlier run has not flushed is lost, as after kill -9.</summary>
    public JobContext Claim(RunKind kind = RunKind.Job, JobPolicy? policy = null)
    {
        _order = 0;
        var run = new RunState(
            new ClaimedRun
            {
                Key = new RunKey(Id, ++Runs),
                Kind = kind,
                Name = "test.job",
                Queue = "tests",
                Owner = "ann",
                Payload = "{}"u8.ToArray(),
                RunNumber = Runs,
                FenceToken = 1_000 + Runs,
                FailedAttempts = FailedAttempts,
                CreatedAt = ManualClock.Start,
                Checkpoint = Checkpoint,
                Progress = Progress,
                ItemFailures = _failures.Count,
                Policy = policy,
            },
            this);
        return _current = new JobContext(run);
    }

    /// <summary>Flushes the run that was claimed last, as the worker does every 2 s.</summary>
    public void Flush() => Flush(_current!.Run);

    /// <summary>Runs a handler to its end and flushes for the last time, as a worker does.</summary>
    public async Task RunAsync(Func<JobContext, Task> handler, RunKind kind = RunKind.Job)
    {
        var context = Claim(kind);
        try
        {
            await handler(context);
        }
        finally
        {
            Flush(context.Run, final: true);
        }
    }

    public void Flush(RunState run, bool final = false)
    {
        while (run.TakeUpdate(final) is { } update)
        {
            Store(update);
            run.Written(update, TimeSpan.Zero);
            if (final)
                return;
        }
    }

    public void Store(RunUpdate update)
    {
        BeforeStore?.Invoke(update);
        lock (_gate)
        {
            if (update.Checkpoint is { } checkpoint && checkpoint.Order > _order)
            {
                (Checkpoint, _order) = (checkpoint.Body, checkpoint.Order);
                if (checkpoint.Keep)
                    Kept.Add(checkpoint);
            }

            Progress = update.Progress ?? Progress;
            Headway |= update.Headway;
            Logs.AddRange(update.Logs);
            Traces.AddRange(update.Traces);
            foreach (var failure in update.ItemFailures)
                _failures[failure.Item] = failure;
            foreach (var item in update.MendedItems)
                _failures.Remove(item);
            foreach (var child in update.Children)
                Children.TryAdd(child.Id, child);
            if (update.Result is { } result)
                Result = JsonDocument.Parse(result).RootElement.Clone();
        }
    }

    Task IRunHost.FlushAsync(RunState run, CancellationToken cancellationToken)
    {
        Flush(run);
        return Task.CompletedTask;
    }

    Task IRunHost.SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        if (RefuseTransactions)
            throw new NotSupportedException();
        ((FakeTransaction)transaction).Add(update);
        return Task.CompletedTask;
    }

    Task IRunHost.CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken)
        => throw new NotSupportedException("Completion in a transaction is tested with a worker.");

    ValueTask IRunHost.LeaseProvenAsync(CancellationToken cancellationToken)
        => Proof is { } proof ? new ValueTask(proof.Task.WaitAsync(cancellationToken)) : default;

    ValueTask<NewJob> IRunHost.PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref _ids);
        return new(new NewJob
        {
            Id = new JobId(id),
            Nonce = id,
            Name = "child",
            Queue = options?.Queue ?? "tests",
            Payload = JsonSerializer.SerializeToUtf8Bytes(payload, JobJson.Options),
        });
    }

    Task<IReadOnlyList<ItemFailureRecord>> IRunHost.FailedItemsAsync(RunState run, CancellationToken cancellationToken)
        => Task.FromResult(Failures);
}
