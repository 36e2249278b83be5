using System.Data.Common;
using Longhaul.Client;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;

namespace Longhaul.Testing;

/// <summary>Stands for worker and store of one run: keeps what is flushed, and stops the run where the test asks for it.</summary>
internal sealed class JobTestHost(JobTestOptions options, JobMaker maker) : IRunHost
{
    private const long FirstChild = 1_001;

    private readonly Lock _gate = new();
    private RunState? _run;
    private int _items;
    private int _children;
    private long _order;

    public TimeProvider Time => options.Time;

    public ILogger Logger => options.Logger;

    public ReadOnlyMemory<byte>? Checkpoint { get; set; }

    public ProgressRecord? Progress { get; private set; }

    public ReadOnlyMemory<byte>? Result { get; private set; }

    public List<LogLine> Logs { get; } = [];

    public List<TraceRecord> Traces { get; } = [];

    public OrderedDictionary<JobId, NewJob> Children { get; } = [];

    public OrderedDictionary<ItemKey, ItemFailureRecord> Failures { get; } = [];

    public void Begin(RunState run) => (_run, _order) = (run, 0);

    public Task FlushAsync(RunState run, CancellationToken cancellationToken)
    {
        Flush(run, final: false);
        return Task.CompletedTask;
    }

    public void Flush(RunState run, bool final)
    {
        while (run.TakeUpdate(final) is { } update)
        {
            Store(update);
            run.Written(update, TimeSpan.Zero);
            if (final)
                return;
        }
    }

    // The caller's transaction is taken for committed: whether it was is the test's own business.
    public Task SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken)
    {
        Store(update);
        return Task.CompletedTask;
    }

    public Task CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken)
    {
        if (run.PeekUpdate() is { } update)
            Store(update with { Logs = [], Traces = [] }); // they stay in the run and come with its end
        return Task.CompletedTask;
    }

    /// <summary>Called before each item: the place to stop.</summary>
    public ValueTask LeaseProvenAsync(CancellationToken cancellationToken)
    {
        if (options.StopAfterItems is { } most && Interlocked.Increment(ref _items) > most)
            _run!.Stop(options.StopReason);
        return ValueTask.CompletedTask;
    }

    public ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? enqueue, CancellationToken cancellationToken)
    {
        var type = maker.TypeOf(payload);
        var template = maker.TemplateFor(type, enqueue);
        var id = new JobId(FirstChild + Interlocked.Increment(ref _children) - 1);
        return ValueTask.FromResult(template.Make(id, id.Value, JobMaker.Serialize(type, payload), null));
    }

    public Task<IReadOnlyList<ItemFailureRecord>> FailedItemsAsync(RunState run, CancellationToken cancellationToken)
        => Task.FromResult(options.FailedItemsOf?.FailureRecords ?? []);

    private void Store(RunUpdate update)
    {
        lock (_gate)
        {
            if (update.Checkpoint is { } checkpoint && checkpoint.Order > _order)
                (Checkpoint, _order) = (checkpoint.Body, checkpoint.Order);
            Progress = update.Progress ?? Progress;
            Result = update.Result ?? Result;
            Logs.AddRange(update.Logs);
            Traces.AddRange(update.Traces);
            foreach (var failure in update.ItemFailures)
                Failures[failure.Item] = failure;
            foreach (var item in update.MendedItems)
                Failures.Remove(item);
            foreach (var child in update.Children)
                Children.TryAdd(child.Id, child);
        }
    }
}
