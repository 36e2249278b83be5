using Longhaul.Conformance;
using Longhaul.Servers;
using Longhaul.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Longhaul.Postgres.Tests;

/// <summary>What a worker with nothing to do asks of the server: its heartbeat, one statement a second, looks for all that others looked for by themselves.</summary>
public sealed class IdleTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_idle_worker_sends_its_heartbeat_and_nothing_else(bool listens)
    {
        const string Others = "SELECT string_agg(query, E'\\n') FROM pg_stat_statements WHERE query NOT LIKE '%lh_beat%' AND query NOT LIKE '%pg_stat_statements%'";
        await using var server = await PostgresServer.StartAsync(durable: false, "shared_preload_libraries=pg_stat_statements");
        await using var connection = new NpgsqlConnection(server.ConnectionString() + ";Pooling=False");
        await connection.OpenAsync(Cancel);
        _ = await AskAsync(connection, "CREATE EXTENSION pg_stat_statements");
        var clock = new ManualClock();
        using var host = Host(server, clock, listens);
        await host.StartAsync(Cancel);
        await PassAsync(connection, clock, seconds: 10);
        _ = await AskAsync(connection, "SELECT pg_stat_statements_reset()");

        await PassAsync(connection, clock, seconds: 65); // a dozen polls, half a dozen prunes, a sweep

        (await AskAsync(connection, Others)).ShouldBe(DBNull.Value);
        await host.StopAsync(Cancel);
    }

    /// <summary>Moves the clock by seconds, in each of which the heart beats.</summary>
    private static async Task PassAsync(NpgsqlConnection connection, ManualClock clock, int seconds)
    {
        const string Beats = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements WHERE query LIKE '%lh_beat%'";
        for (var i = 0; i < seconds; i++)
        {
            var before = (long)(await AskAsync(connection, Beats))!;
            clock.Advance(TimeSpan.FromSeconds(1));
            await Await.WithinAsync(BeatenAsync(), "a heartbeat");

            async Task BeatenAsync()
            {
                while ((long)(await AskAsync(connection, Beats))! <= before)
                    await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, Cancel);
            }
        }
    }

    private static IHost Host(PostgresServer server, ManualClock clock, bool listens)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddLonghaul(longhaul => longhaul
            .UsePostgres(server.ConnectionString(), options => options.Listen = listens)
            .AddHandler<Docs.Tests.BookOrder>(static (_, _, _) => Task.CompletedTask)
            .AddWorker(static worker => worker.Heartbeat = TimeSpan.FromMilliseconds(20)));
        return builder.Build();
    }

    private static async Task<object?> AskAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Cancel);
    }
}

/// <summary>What the heart sees for its worker.</summary>
public sealed class HeartLooksTests : ConformanceTest<PostgresFixture>
{
    [Fact]
    public async Task A_renewal_finds_what_nobody_was_notified_of()
    {
        var worker = await OpenWorkerAsync();
        using var heart = Store.OpenHeart(worker.Session);
        var waiting = Store.WaitForWorkAsync(null, Store.WakeStamp, TimeSpan.FromHours(1), Cancel);
        heart.Tick(renew: true).LookedForWork.ShouldBeTrue();
        await InsertAsync(1, "of.another.worker");
        heart.Tick(renew: true).LookedForWork.ShouldBeTrue();
        waiting.IsCompleted.ShouldBeFalse();

        await InsertAsync(2, Make.Name);
        heart.Tick(renew: true);

        await Await.WithinAsync(waiting, "the worker to be woken by its heart");
        heart.Tick(renew: true);
        heart.Tick(renew: true).LookedForWork.ShouldBeFalse("nobody waits any more");
    }

    [Fact]
    public async Task A_renewal_tells_whether_anything_waits_to_be_pruned()
    {
        var worker = await OpenWorkerAsync();
        using var heart = Store.OpenHeart(worker.Session);
        await FinishedAsync();
        heart.Tick(renew: true).HasExpired.ShouldBe(false);
        heart.Tick().HasExpired.ShouldBeNull();

        Clock.Advance(JobDefaults.Retention);
        heart.Tick(renew: true).HasExpired.ShouldBe(true);

        await Store.PruneAsync(100, Cancel);
        heart.Tick(renew: true).HasExpired.ShouldBe(false);
    }

    private Task InsertAsync(int id, string name) => Fixture.AskAsync(
        $"INSERT INTO lh_job SELECT {id}, {id}, 0, 0, lh_lane_of('default', '{name}'), 1, 100, '1'; INSERT INTO lh_ready SELECT lane, 100, 0, id, 1, 0, 0 FROM lh_job WHERE id = {id}; SELECT 1", Cancel);
}
