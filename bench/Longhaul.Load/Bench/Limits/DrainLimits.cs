using Longhaul.Load.Bench.Postgres.Limits;
using Longhaul.Load.Bench.Subjects;

namespace Longhaul.Load.Bench.Limits;

/// <summary>The cheapest way to claim and end jobs on a store.</summary>
internal interface IDrainLimit : IDisposable
{
    long Insert(int count);

    /// <summary>Claims and ends so many, or all that there are. How many went.</summary>
    long Drain(int count = int.MaxValue);
}

internal static class DrainLimit
{
    public static IDrainLimit Of(StoreUnderTest store, Scratch scratch)
        => store.IsSqlite ? SqliteLimit.Open(scratch.Database, store.Synchronous)
            : scratch.Postgres is { } postgres ? new PostgresLimit(postgres)
            : new MemoryLimit();
}

internal static class InsertLimit
{
    public static IInsertLimit Of(StoreUnderTest store, Scratch scratch)
        => store.IsSqlite ? new SqliteInsertLimit(scratch.Database, store.Synchronous)
            : scratch.Postgres is { } postgres ? new PostgresInsertLimit(postgres)
            : new MemoryInsertLimit();
}
