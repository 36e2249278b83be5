using BenchmarkDotNet.Attributes;
using Longhaul.Client;
using Longhaul.Jobs;

namespace Longhaul.Benchmarks;

/// <summary>What JSON costs a job: written at its enqueue, read before its run.</summary>
public class PayloadBenchmarks
{
    private readonly JobType _type = new JobTypes().Get(typeof(Payload));
    private PayloadReader<Payload> _reader = null!;

    [GlobalSetup]
    public void Prepare() => _reader = new PayloadReader<Payload>(_type, new Dictionary<int, Func<System.Text.Json.Nodes.JsonObject, System.Text.Json.Nodes.JsonObject>>());

    [Benchmark]
    public byte[] Serialise() => JobMaker.Serialize(_type, Payload.Sample);

    [Benchmark]
    public object Read() => _reader.Read(Payload.Json, 1);
}
