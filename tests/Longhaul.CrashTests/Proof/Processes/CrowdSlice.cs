using Longhaul.Postgres;
using Longhaul.Servers;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Longhaul.Proof;

/// <summary>What a crowd came to.</summary>
/// <param name="Ran">Jobs that a handler ran.</param>
/// <param name="Connections">The most that were seen of all workers and producers together.</param>
/// <param name="Deadlocks">That the server had to break.</param>
/// <param name="Errors">What callers were told.</param>
internal sealed record CrowdResult(int Ran, long Connections, long Deadlocks, IReadOnlyList<string> Errors);

/// <summary>So many callers who enqueue at once in one program, and so many workers, each with a store of its own, that join at once.</summary>
/// <param name="server">That takes so many connections.</param>
/// <param name="callers">Who each await their call.</param>
/// <param name="workers">Each with at most four connections.</param>
internal sealed class CrowdSlice(PostgresServer server, int callers, int workers)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task<CrowdResult> RunAsync()
    {
        var ran = 0;
        List<string> errors = [];
        var hosts = Enumerable.Range(0, workers).Select(_ => Worker(() => Interlocked.Increment(ref ran))).ToList();
        using var producer = Host(static _ => { });
        await using var watch = new NpgsqlConnection(server.ConnectionString() + ";Pooling=false");
        await watch.OpenAsync();
        var most = 0L;
        try
        {
            var jobs = producer.Services.GetRequiredService<IJobClient>();
            await jobs.EnqueueAsync(new ShortJob(0)); // the tables are made before the crowd comes
            var joining = hosts.Select(host => AllowedAsync(() => host.StartAsync(), errors));
            var calling = Enumerable.Range(1, callers).Select(order => AllowedAsync(async () => await jobs.EnqueueAsync(new ShortJob(order)), errors));
            await Task.WhenAll([.. joining, .. calling]);
            await Until.TrueAsync(
                async () =>
                {
                    most = Math.Max(most, await AskAsync(watch, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"));
                    return Volatile.Read(ref ran) >= callers + 1 - errors.Count;
                },
                Patience,
                "the crowd's jobs to be run");
        }
        finally
        {
            await Task.WhenAll(hosts.Select(static host => host.StopAsync()));
            foreach (var host in hosts)
                host.Dispose();
        }

        return new CrowdResult(ran, most, await AskAsync(watch, "SELECT sum(deadlocks)::bigint FROM pg_stat_database"), errors);
    }

    private IHost Worker(Action ran) => Host(longhaul => longhaul
        .AddHandler<ShortJob>((_, _, _) =>
        {
            ran();
            return Task.CompletedTask;
        })
        .AddWorker(static worker => worker.Concurrency = 4));

    private IHost Host(Action<LonghaulBuilder> more)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddLonghaul(longhaul =>
        {
            longhaul.UseStore(_ => new PostgresStore(new PostgresOptions { ConnectionString = server.ConnectionString() }));
            more(longhaul);
        });
        return builder.Build();
    }

    private static async Task AllowedAsync(Func<Task> call, List<string> errors)
    {
        try
        {
            await Task.Run(call);
        }
        catch (Exception e) when (e is StoreException or TimeoutException)
        {
            lock (errors)
                errors.Add(e.Message);
        }
    }

    private static async Task<long> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
