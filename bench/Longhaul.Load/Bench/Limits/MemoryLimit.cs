using System.Diagnostics;

namespace Longhaul.Load.Bench.Limits;

/// <summary>The cheapest store in memory that any number of callers may use: a table by id and a queue, behind one lock.</summary>
internal sealed class MemoryLimit : IDrainLimit
{
    private const int InsertBatch = 1_000;
    private const int ClaimBatch = 200;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Entry> _jobs = [];
    private readonly Queue<Entry> _ready = [];
    private long _ids;
    private long _tokens;

    /// <summary>Inserts so many, a thousand at once.</summary>
    public long Insert(int count)
    {
        for (var done = 0; done < count; done += InsertBatch)
            InsertMany(Math.Min(InsertBatch, count - done));
        return count;
    }

    /// <summary>Claims and deletes until so many are gone, or none is left. How many went.</summary>
    public long Drain(int count = int.MaxValue)
    {
        var done = 0L;
        var claimed = new List<Entry>(ClaimBatch);
        while (done < count)
        {
            Claim(claimed, ClaimBatch);
            if (claimed.Count == 0)
                break;
            Delete(claimed);
            done += claimed.Count;
        }

        return done;
    }

    /// <summary>Inserts for so long, one at a time, by so many callers at once. How many in all.</summary>
    public async Task<long> InsertForAsync(TimeSpan time, int callers)
    {
        var began = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(began) < time; count++)
            {
                InsertMany(1);
                if (count % 64 == 63)
                    await Task.Yield(); // callers share the threads, as those of a client do
            }

            return count;
        })));
        return counts.Sum();
    }

    public void Dispose()
    {
        // Nothing but memory.
    }

    private void InsertMany(int count)
    {
        lock (_lock)
        {
            for (var i = 0; i < count; i++)
            {
                var entry = new Entry(++_ids, Payloads.Bytes.ToArray()); // a store copies what callers hand over
                _jobs.Add(entry.Id, entry);
                _ready.Enqueue(entry);
            }
        }
    }

    private void Claim(List<Entry> claimed, int limit)
    {
        claimed.Clear();
        lock (_lock)
        {
            var token = ++_tokens;
            while (claimed.Count < limit && _ready.TryDequeue(out var entry))
            {
                entry.Token = token;
                claimed.Add(entry);
            }
        }
    }

    private void Delete(List<Entry> claimed)
    {
        lock (_lock)
        {
            foreach (var entry in claimed)
            {
                if (_jobs.TryGetValue(entry.Id, out var current) && current.Token == entry.Token)
                    _jobs.Remove(entry.Id);
            }
        }
    }

    private sealed class Entry(long id, byte[] payload)
    {
        public long Id => id;

        public byte[] Payload => payload;

        public long Token { get; set; }
    }
}
