using System.Data.Common;
using BenchmarkDotNet.Attributes;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longhaul.Benchmarks;

/// <summary>What a run costs in memory: to make its state and context, to report progress, to loop over an item.</summary>
public class RunBenchmarks
{
    private const int Items = 100_000;
    private static readonly ClaimedRun Claim = new()
    {
        Key = new RunKey(new JobId(1), 1),
        Name = "bench.no-op",
        Queue = JobDefaults.Queue,
        Payload = Payload.Json,
        RunNumber = 1,
        FenceToken = 1,
    };

    private readonly JobContext _context = Begin();
    private int _done;

    /// <summary>All that a run has before its handler is called.</summary>
    [Benchmark]
    public object MakeContext() => Begin();

    [Benchmark]
    public void ReportProgress() => _context.Progress.Report(++_done, Items, "on its way");

    [Benchmark(OperationsPerInvoke = Items)]
    public Task LoopItemAsync() => Begin().ForEachAsync(
        source: static (int? after) => Enumerable.Range(after + 1 ?? 0, Items),
        cursor: static item => item,
        body: static (_, _) => Task.CompletedTask);

    private static JobContext Begin() => new(new RunState(Claim, QuietHost.Instance));

    /// <summary>A worker that is asked for nothing.</summary>
    private sealed class QuietHost : IRunHost
    {
        public static readonly QuietHost Instance = new();

        public TimeProvider Time => TimeProvider.System;

        public ILogger Logger => NullLogger.Instance;

        public Task FlushAsync(RunState run, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task SaveAsync(RunState run, RunUpdate update, DbTransaction transaction, CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CompleteAsync(RunState run, DbTransaction transaction, CancellationToken cancellationToken) => Task.CompletedTask;

        public ValueTask LeaseProvenAsync(CancellationToken cancellationToken) => default;

        public ValueTask<NewJob> PrepareAsync(object payload, EnqueueOptions? options, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<ItemFailureRecord>> FailedItemsAsync(RunState run, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
