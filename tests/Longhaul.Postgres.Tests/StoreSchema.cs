using Longhaul.Conformance;
using Longhaul.Servers;
using Longhaul.Storage;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>A schema for one test, with the server's own clock: for what has to do with connections, the server and other programs.</summary>
public sealed class StoreSchema(PostgresServer server, string? name = null) : IAsyncDisposable
{
    private readonly List<PostgresStore> _stores = [];

    public string Name { get; } = name ?? SchemaPool.NewName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<StoreSchema> OnTestServerAsync(string? name = null) => new(await TestServer.GetAsync(), name);

    /// <summary>A store whose connections are known by a name of its own.</summary>
    public PostgresStore New(string program = "longhaul", Action<PostgresOptions>? configure = null)
    {
        var options = new PostgresOptions { ConnectionString = $"{server.ConnectionString()};Application Name={Name} {program}", Schema = Name };
        configure?.Invoke(options);
        var store = new PostgresStore(options);
        _stores.Add(store);
        return store;
    }

    public async Task<PostgresStore> OpenAsync(string program = "longhaul", Action<PostgresOptions>? configure = null, bool migrate = true)
    {
        var store = New(program, configure);
        await store.OpenAsync(migrate, Cancel);
        return store;
    }

    public async Task<object?> AskAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=False");
        await connection.OpenAsync(Cancel);
        await using var command = new NpgsqlCommand($"SET search_path = \"{Name}\"; {sql}", connection);
        return await command.ExecuteScalarAsync(Cancel);
    }

    /// <summary>Ends the connections of a program, on the server's side. How many there were.</summary>
    public async Task<long> TerminateAsync(string program) => (long)(await AskAsync(
        $"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{Name} {program}'"))!;

    /// <summary>How many connections a program has.</summary>
    public async Task<long> ConnectionsAsync(string program) => (long)(await AskAsync($"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{Name} {program}'"))!;

    /// <summary>Ends a store as the end of its process does: without a word to the server's tables.</summary>
    public async Task CloseAsync(PostgresStore store)
    {
        _stores.Remove(store);
        await store.DisposeAsync();
    }

    public static WorkerRecord Worker(TimeSpan? lease = null) => new()
    {
        Session = new(Make.Token()),
        Name = "worker",
        HostName = "host",
        Host = new(null, null, null),
        ProcessId = 1,
        Names = [Make.Name],
        Concurrency = 1,
        Lease = lease ?? TimeSpan.FromHours(1),
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=False");
        await connection.OpenAsync(CancellationToken.None);
        await using var drop = new NpgsqlCommand($"DROP SCHEMA IF EXISTS \"{Name}\" CASCADE", connection);
        await drop.ExecuteNonQueryAsync(CancellationToken.None);
    }
}

/// <summary>Short words for tests on a store.</summary>
internal static class StoreWords
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<JobId> AddAsync(this IJobStore store, string? queue = null)
    {
        var job = Make.Job(await store.TakeIdsAsync(1, null, Cancel));
        if (queue is not null)
            job = job with { Queue = queue };
        (await store.EnqueueAsync([job], null, Cancel)).ShouldHaveSingleItem().Status.ShouldBe(EnqueueStatus.Created);
        return job.Id;
    }

    public static BeatAnswer Tick(this IHeart heart, bool renew = false) => heart.Beat(new() { Renew = renew, RunCount = 0, RunHash = 0 });

    /// <summary>Ticks until something is so, or fails with what was awaited.</summary>
    public static Task<BeatAnswer> TickUntilAsync(this IHeart heart, Func<BeatAnswer, bool> isSo, string what)
        => heart.TickUntilAsync(answer => Task.FromResult(isSo(answer)), what);

    /// <inheritdoc cref="TickUntilAsync(IHeart, Func{BeatAnswer, bool}, string)"/>
    public static async Task<BeatAnswer> TickUntilAsync(this IHeart heart, Func<BeatAnswer, Task<bool>> isSo, string what)
    {
        var end = TimeProvider.System.GetTimestamp() + (long)(Await.Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (TimeProvider.System.GetTimestamp() < end)
        {
            var answer = heart.Tick();
            if (await isSo(answer))
                return answer;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, Cancel);
        }

        throw new TimeoutException($"Ticked for {Await.Patience.TotalSeconds:0} s in vain for: {what}");
    }
}
