using Longhaul.Load.Bench.Postgres;
using Longhaul.Load.Bench.Postgres.Limits;

namespace Longhaul.Load.Bench.Limits;

/// <summary>The cheapest ways to insert on a store, in the shapes of the enqueue kinds. Each says how many it did.</summary>
internal interface IInsertLimit : IDisposable
{
    /// <summary>One insert after the other, each committed.</summary>
    Task<long> OneAsync(TimeSpan time);

    /// <summary>What so many callers at once can come to at best: a commit for one job of each.</summary>
    Task<long> ConcurrentAsync(TimeSpan time, int callers);

    /// <summary>A thousand a commit.</summary>
    Task<long> ManyAsync(int count);
}

internal sealed class SqliteInsertLimit(string path, string synchronous) : IInsertLimit
{
    private readonly SqliteLimit _limit = SqliteLimit.Open(path, synchronous);

    public Task<long> OneAsync(TimeSpan time) => Task.FromResult(_limit.InsertFor(time, batch: 1));

    public Task<long> ConcurrentAsync(TimeSpan time, int callers) => Task.FromResult(_limit.InsertFor(time, callers));

    public Task<long> ManyAsync(int count) => Task.FromResult(_limit.Insert(count));

    public void Dispose() => _limit.Dispose();
}

internal sealed class PostgresInsertLimit(PostgresDatabase database) : IInsertLimit
{
    /// <summary>More connections than this brought nothing.</summary>
    private const int Connections = 16;

    private readonly PostgresLimit _limit = new(database);

    public Task<long> OneAsync(TimeSpan time) => Task.FromResult(_limit.InsertFor(time, connections: 1));

    /// <summary>Without grouping: a connection for each caller.</summary>
    public Task<long> ConcurrentAsync(TimeSpan time, int callers) => Task.FromResult(_limit.InsertFor(time, Math.Min(callers, Connections)));

    public Task<long> ManyAsync(int count) => Task.FromResult(_limit.Insert(count));

    public void Dispose() => _limit.Dispose();
}

internal sealed class MemoryInsertLimit : IInsertLimit
{
    private readonly MemoryLimit _limit = new();

    public Task<long> OneAsync(TimeSpan time) => _limit.InsertForAsync(time, callers: 1);

    public Task<long> ConcurrentAsync(TimeSpan time, int callers) => _limit.InsertForAsync(time, callers);

    public Task<long> ManyAsync(int count) => Task.FromResult(_limit.Insert(count));

    public void Dispose() { }
}
