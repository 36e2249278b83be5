using Longhaul.Proof;
using Longhaul.Sqlite;
using Longhaul.Storage;
using Longhaul.Worker;
using Microsoft.Extensions.Hosting;

namespace Longhaul.CrashTests;

/// <summary>Recoveries that break off in the middle, in process.</summary>
[Trait("Part", "crash"), Trait("Store", "sqlite")]
public sealed class RecoveryTests
{
    [Fact]
    public async Task A_recovery_that_broke_off_after_the_death_was_declared_is_taken_up_at_once()
    {
        using var folder = new TemporaryFolder();
        var broken = 0;
        var options = new SqliteOptions
        {
            Path = folder.File("jobs.db"),
            FaultPoint = point =>
            {
                if (point == "recover-before-commit" && Interlocked.Increment(ref broken) == 1)
                    throw new StoreUnavailableException("The disk was away for a moment.");
            },
        };
        await using var store = new SqliteStore(options);
        await store.OpenAsync(migrate: true, TestContext.Current.CancellationToken);
        var job = await LeaveBehindAsync(store);

        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Services.AddLonghaul(longhaul => longhaul.UseStore(_ => new SqliteStore(options)).AddHandler<ShortJob>(static (_, _, _) => Task.CompletedTask).AddWorker(static w => w.Heartbeat = TimeSpan.FromMilliseconds(200)));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);

        await Until.TrueAsync(
            async () => await store.GetJobAsync(job, TestContext.Current.CancellationToken) is { State: JobState.Completed },
            Limits.Seconds(10),
            "the job of the dead worker to be done by another");
        broken.ShouldBeGreaterThan(1);
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A job that runs in a worker whose process is gone.</summary>
    private static async Task<JobId> LeaveBehindAsync(SqliteStore store)
    {
        var cancel = TestContext.Current.CancellationToken;
        var id = await store.TakeIdsAsync(1, null, cancel);
        await store.EnqueueAsync([new NewJob { Id = id, Nonce = 1, Name = "proof.short", Queue = "default", Payload = "{}"u8.ToArray() }], null, cancel);
        var session = new SessionId(4_711);
        await store.OpenSessionAsync(Simulation.Record(session, "gone", Environment.ProcessId, TimeSpan.FromSeconds(30)) with { Host = ProcessProbe.Host, ProcessStart = "another start", Names = ["proof.short"] }, cancel);
        (await store.ClaimAsync(new ClaimRequest { Session = session, ClaimId = 1, Queues = null, Names = ["proof.short"], Slots = 1 }, cancel)).Runs.Count.ShouldBe(1);
        return id;
    }
}
