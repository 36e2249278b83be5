using System.Text.Json;
using StorageMigration.Objects;
using StorageMigration.Tests.Campaign;

namespace StorageMigration.Tests.Objects;

/// <summary>Real processes, killed by SIGKILL.</summary>
[Trait("Part", "samples")]
public sealed class MigrationKillTests : IDisposable
{
    private const int Parallelism = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "StorageMigration.dll");

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Every_object_arrives_once_whoever_is_killed() => RunAsync(new MigrationKillsPlan(120, 3, 1, Kills: 2, Stops: 1, Seed: 5));

    /// <summary>The size of the acceptance, or another one: <c>MIGRATION_KILLS=small,medium,large,kills,stops,seed</c>.</summary>
    [Fact(Explicit = true)]
    public Task Every_object_arrives_once_at_full_size()
        => RunAsync(Environment.GetEnvironmentVariable("MIGRATION_KILLS") is { } plan ? MigrationKillsPlan.Parse(plan) : MigrationKillsPlan.Acceptance(seed: 1));

    [Fact]
    public async Task A_large_object_goes_on_where_it_was_when_the_worker_was_killed()
    {
        await using var server = await S3Server.StartAsync(S3Places.Scripts, _folder.Of("s3"), partDelay: 250, "new");
        var source = new FolderStore(_folder.Of("from"));
        var content = Samples.Bytes((5 * UploadPieces.Bytes) + 5);
        await source.PutAsync("video.mp4", content, ObjectFacts.None);
        var settings = new Dictionary<string, string> { ["Root"] = _folder.Of("storage"), ["Source"] = source.Address, ["Target"] = server.Address("new") };
        using var migrate = new MigrationProcess(Program, settings, "image-migration/migrate");
        var worker = new MigrationProcess(Program, settings, "work");
        try
        {
            await WaitAsync(() => Parts(server) >= 3, "three parts of the object");
            await worker.KillAsync();
            worker.Dispose();
            worker = new MigrationProcess(Program, settings, "work");

            var (code, lines, error) = await migrate.EndAsync(Patience, Cancel);
            code.ShouldBe(0, error + string.Join('\n', lines));
        }
        finally
        {
            worker.Dispose();
        }

        Parts(server).ShouldBeLessThanOrEqualTo(6 + 1, "no part that had arrived is sent again");
        await using var target = new S3Store(S3Address.Parse(new Uri(server.Address("new"))), OpenGate.Instance);
        (await target.ReadAsync("video.mp4")).ShouldHold(content);
    }

    private async Task RunAsync(MigrationKillsPlan plan)
    {
        var output = TestContext.Current.TestOutputHelper!;
        var kills = new MigrationKills(Program, S3Places.Scripts, _folder.Path, plan, output.WriteLine);

        var result = await kills.RunAsync(Cancel);

        output.WriteLine($"{result.Result}; written again {string.Join(' ', result.WrittenAgain)}; seconds {string.Join(' ', result.RepeatedSeconds.Select(static s => $"{s:0.00}"))}");
        result.Check.ShouldBe(new SampleCheck(0, 0, 0, 0));
        result.DryWrites.ShouldBe(0, "a dry run changes nothing");
        result.Kills.ShouldBe(plan.Kills);
        result.Stops.ShouldBe(plan.Stops);
        result.WrittenAgain.ShouldAllBe(static again => again <= 2 * Parallelism);
        var report = result.Result.GetProperty("report");
        report.GetProperty("copied").GetInt64().ShouldBe(plan.Small + plan.Medium + plan.Large);
        JsonElement.DeepEquals(report, result.DryReport).ShouldBeTrue($"the dry run said {result.DryReport}");
    }

    private static int Parts(S3Server server) => server.Log().Count(static line => line.StartsWith("PART ", StringComparison.Ordinal));

    private static async Task WaitAsync(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(Patience, $"waited in vain for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }
}
