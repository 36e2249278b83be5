using BenchmarkDotNet.Attributes;
using Longhaul.Memory;
using Longhaul.Storage;

namespace Longhaul.Benchmarks;

/// <summary>What the memory store costs a job: written, claimed and settled in batches of 200.</summary>
public class StoreBenchmarks
{
    private const int Batch = 200;
    private static readonly MemoryStore Store = new();
    private readonly NewJob[] _jobs = new NewJob[Batch];
    private readonly Settlement[] _settlements = new Settlement[Batch];
    private readonly string[] _names = ["bench.no-op"];
    private SessionId _session;
    private long _claims;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _session = new SessionId(1);
        await Store.OpenSessionAsync(new WorkerRecord
        {
            Session = _session,
            Name = "bench",
            HostName = "here",
            Host = new HostIdentity(null, null, null),
            ProcessId = 1,
            Names = _names,
            Concurrency = Batch,
            Lease = TimeSpan.FromHours(1),
        }, CancellationToken.None);
    }

    [Benchmark(OperationsPerInvoke = Batch)]
    public async Task WriteClaimSettleAsync()
    {
        var first = await Store.TakeIdsAsync(Batch, null, CancellationToken.None);
        for (var i = 0; i < Batch; i++)
            _jobs[i] = new NewJob { Id = new JobId(first.Value + i), Nonce = i + 1, Name = _names[0], Queue = JobDefaults.Queue, Payload = Payload.Json };
        await Store.EnqueueAsync(_jobs, null, CancellationToken.None);

        var claim = await Store.ClaimAsync(
            new ClaimRequest { Session = _session, ClaimId = ++_claims, Queues = null, Names = _names, Slots = Batch }, CancellationToken.None);
        for (var i = 0; i < Batch; i++)
            _settlements[i] = new Settlement { Key = claim.Runs[i].Key, Outcome = Outcome.Completed, Retention = TimeSpan.Zero };
        await Store.SettleAsync(_settlements, CancellationToken.None);
    }
}
