using Longhaul;
using StorageMigration.Migration;
using StorageMigration.Objects;
using StorageMigration.Tests.Urls;

namespace StorageMigration.Tests.Objects;

/// <summary>A server that is away, or asks to be left alone. One of its own: others must not notice.</summary>
[Trait("Part", "samples")]
public sealed class S3AbsenceTests(LoneS3 fixture) : IClassFixture<LoneS3>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_waits_for_a_server_that_comes_back()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance);
        await store.PutAsync("a", [1]);

        await fixture.Server.KillAsync();
        var read = store.ReadAsync("a");
        await fixture.Server.StartAgainAsync();

        (await read).ShouldBe([1]);
    }

    [Fact]
    public async Task Errors_of_the_server_are_tried_again()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance);
        await fixture.Server.RefuseAsync(500, times: 2);

        await store.PutAsync("a", [1]);

        (await store.KeysAsync()).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_server_that_asks_for_less_is_left_alone()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance);
        await fixture.Server.RefuseAsync(503, times: 1);

        await Should.ThrowAsync<ThrottledException>(() => store.PutAsync("a", [1]));

        await store.PutAsync("a", [1]);
        (await store.KeysAsync()).ShouldBe(["a"]);
    }

    [Fact]
    public async Task Refusals_and_errors_fail_no_migration_that_has_one_attempt()
    {
        using var folder = new ScratchFolder();
        await using var host = await MigrationHost.StartAsync(folder.Of("storage"), fixture.Place(), fixture.Place(S3Places.Other), ("Migration:Parallelism", "4"));
        var (source, target) = (host.Open(host.Options.Source), host.Open(host.Options.Target));
        await source.FillAsync(small: 5);
        await fixture.Server.RefuseAsync(503, times: 3);

        var started = await host.StartAsync(new MigrationParameters());
        await fixture.Server.WrittenAsync(S3Places.Other, 1, Cancel);
        await fixture.Server.RefuseAsync(503, times: 3);
        var job = await host.EndAsync(started);

        job.State.ShouldBe(JobState.Completed, job.Error?.Detail);
        (await target.ContentsAsync()).ShouldBe(await source.ContentsAsync());
    }

    [Fact]
    public async Task A_listing_goes_on_after_a_refusal()
    {
        await using var store = new S3Store(S3Address.Parse(new Uri(fixture.Place())), OpenGate.Instance);
        await store.PutAsync("a", [1]);
        await fixture.Server.RefuseAsync(503, times: 1);

        var keys = new List<string>();
        await foreach (var stored in new Patience(TimeProvider.System).ListAsync(store, null, Cancel))
            keys.Add(stored.Key);

        keys.ShouldBe(["a"]);
    }

    [Theory]
    [InlineData("transform-pre-generation/generate", "--dryRun=1")]
    [InlineData("migration-diag/analyze", "--checksums=1")]
    public async Task Commands_wait_for_a_server_that_asks_for_less(string command, string argument)
    {
        using var folder = new ScratchFolder();
        var (from, to) = (fixture.Place(), fixture.Place(S3Places.Other));
        foreach (var place in (string[])[from, to])
        {
            await using var store = new S3Store(S3Address.Parse(new Uri(place)), OpenGate.Instance);
            await store.PutAsync("a.jpg", [1, 2, 3]);
        }

        await fixture.Server.RefuseAsync(503, times: 1);
        var result = await Verb.RunAsync(command, [argument], ("Migration:Root", folder.Path), ("Migration:Source", from), ("Migration:Target", to));

        result.Exit.ShouldBe(0, result.All);
    }
}
