using System.Net;
using System.Net.Sockets;
using Longhaul;
using Longhaul.Storage;
using Microsoft.Data.Sqlite;
using StorageMigration.Migration;
using StorageMigration.Objects;

namespace StorageMigration.Tests.Objects;

[Trait("Part", "samples")]
public sealed class MigrationTests(S3Fixture fixture) : IClassFixture<S3Fixture>, IDisposable
{
    private const int All = 15;

    private readonly ScratchFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Root => _folder.Of("storage");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bucket", "bucket")]
    [InlineData("bucket", "folder")]
    [InlineData("folder", "bucket")]
    public async Task Every_object_arrives_with_its_metadata(string from, string to)
    {
        await using var host = await StartAsync(PlaceOf(from), PlaceOf(to, S3Places.Other));
        var (source, target) = (host.Open(Setting(host, "Source")), host.Open(Setting(host, "Target")));
        await source.FillAsync();

        var result = await host.MigrateAsync();

        (await target.ContentsAsync()).ShouldBe(await source.ContentsAsync());
        foreach (var key in await source.KeysAsync())
            (await source.FactsAsync(key)).AreKeptBy(await target.FactsAsync(key)).ShouldBeTrue(key);
        result.Report.ShouldSatisfyAllConditions(
            report => report.Objects.ShouldBe(All), report => report.Copied.ShouldBe(All), report => report.InPieces.ShouldBe(1), report => report.Skipped.ShouldBe(0));
        (result.Written, result.Mended).ShouldBe((All, 0));
        LiveStore.Read(host.Get<MigrationFiles>())!.Address.ShouldBe(target.Address);
        var state = host.Get<MigrationStates>().Find(result.MigrationId).ShouldNotBeNull();
        (state.Status, state.Progress, state.Phase, state.CheckpointId).ShouldBe(("completed", 1, "clean-up", result.CheckpointId));
    }

    [Fact]
    public async Task What_is_there_already_is_skipped_and_what_differs_is_copied()
    {
        await using var host = await StartAsync(PlaceOf("bucket"), PlaceOf("bucket", S3Places.Other));
        var (source, target) = (host.Open(Setting(host, "Source")), host.Open(Setting(host, "Target")));
        await source.FillAsync();
        await host.MigrateAsync();

        (await host.MigrateAsync()).Report.ShouldSatisfyAllConditions(report => report.Copied.ShouldBe(0), report => report.Skipped.ShouldBe(All), report => report.BackedUp.ShouldBe(All));

        await target.PutAsync("photos/001.webp", Samples.Bytes(1_001, seed: 77), await source.FactsAsync("photos/001.webp")); // same length, other bytes
        await target.PutAsync("photos/002.webp", await source.ReadAsync("photos/002.webp"), ObjectFacts.None); // same bytes, no metadata
        await target.DeleteAsync("empty", Cancel);
        (await host.MigrateAsync()).Report.ShouldSatisfyAllConditions(report => report.Copied.ShouldBe(3), report => report.Skipped.ShouldBe(All - 3));
        (await target.ContentsAsync()).ShouldBe(await source.ContentsAsync());
    }

    [Fact]
    public async Task A_dry_run_changes_nothing_and_tells_what_the_run_then_does()
    {
        await using var host = await StartAsync(PlaceOf("bucket"), PlaceOf("folder"));
        var (source, target) = (host.Open(Setting(host, "Source")), host.Open(Setting(host, "Target")));
        await source.FillAsync();
        await target.PutAsync("photos/003.webp", await source.ReadAsync("photos/003.webp"), await source.FactsAsync("photos/003.webp"));
        await target.PutAsync("photos/004.webp", [1, 2, 3]);
        await target.PutAsync("of-the-target-alone", [4]);
        var (sourceBefore, targetBefore) = (await source.ContentsAsync(), ScratchFolder.Contents(target.Address));

        var dry = await host.MigrateAsync(new MigrationParameters(DryRun: true));

        (await source.ContentsAsync()).ShouldBe(sourceBefore);
        ScratchFolder.Contents(target.Address).ShouldBe(targetBefore);
        var files = host.Get<MigrationFiles>();
        File.Exists(files.LiveStore).ShouldBeFalse();
        File.Exists(files.Backup(dry.CheckpointId)).ShouldBeFalse();
        (dry.Report.Copied, dry.Report.Skipped, dry.Report.BackedUp, dry.Written).ShouldBe((All - 1, 1, 3, 0));

        var real = await host.MigrateAsync();

        real.Report.ShouldBe(dry.Report);
        (await File.ReadAllTextAsync(real.ReportFile, Cancel)).ShouldBe(await File.ReadAllTextAsync(dry.ReportFile, Cancel));
        (await File.ReadAllTextAsync(files.ReportObjects(real.CheckpointId), Cancel)).ShouldBe(await File.ReadAllTextAsync(files.ReportObjects(dry.CheckpointId), Cancel));
        (await target.ContentsAsync()).Keys.ShouldBe([.. sourceBefore.Keys.Append("of-the-target-alone").Order(StringComparer.Ordinal)]);
        (await File.ReadAllLinesAsync(files.Backup(real.CheckpointId), Cancel)).Length.ShouldBe(3);
    }

    [Fact]
    public async Task Objects_that_the_sites_texts_name_and_nobody_has_are_counted()
    {
        var database = _folder.Of("site.db");
        await using (var site = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            await site.OpenAsync(Cancel);
            await using var fill = site.CreateCommand();
            fill.CommandText = """
                CREATE TABLE pages (id INTEGER PRIMARY KEY, "the text" TEXT, hits INTEGER);
                INSERT INTO pages ("the text") VALUES ('<img src="https://old.test/photos/001.webp"> <img src="https://old.test/lost%20one.png">'),
                    ('{"image":"https:\/\/old.test\/lost%20one.png","more":"https:\/\/old.test\/lost\/two.png?width=1"}'), (NULL), ('https://old.test/');
                """;
            await fill.ExecuteNonQueryAsync(Cancel);
        }

        await using var host = await StartAsync(PlaceOf("folder"), PlaceOf("folder"), ("Migration:Database", "sqlite:" + database), ("Migration:SourceAddress", "https://old.test/"));
        await host.Open(Setting(host, "Source")).FillAsync();

        (await host.MigrateAsync(new MigrationParameters(DryRun: true))).Report.NamedButMissing.ShouldBe(2);
        (await host.MigrateAsync(new MigrationParameters(DryRun: true, SkipInlineDetection: true, SkipBackup: true))).Report.NamedButMissing.ShouldBe(0);
    }

    [Theory]
    [InlineData("folder")]
    [InlineData("bucket")]
    public async Task What_no_store_can_hold_is_missing_and_fails_nothing(string from)
    {
        var database = _folder.Of("site.db");
        string[] keys = ["../../etc/passwd", "a//b", "./x", "nul%00byte", new('k', 3_000), string.Join('/', Enumerable.Repeat("d", 3_000)), "%ff%fe", "link/x", "photos/001.webp"];
        await using (var site = new SqliteConnection($"Data Source={database};Pooling=False"))
        {
            await site.OpenAsync(Cancel);
            await using var fill = site.CreateCommand();
            fill.CommandText = $"CREATE TABLE pages (id INTEGER PRIMARY KEY, body TEXT); INSERT INTO pages (body) VALUES {string.Join(", ", keys.Select(static key => $"('https://old.test/{key}')"))}";
            await fill.ExecuteNonQueryAsync(Cancel);
        }

        await using var host = await StartAsync(PlaceOf(from), PlaceOf("folder"), ("Migration:Database", "sqlite:" + database), ("Migration:SourceAddress", "https://old.test/"));
        await host.Open(Setting(host, "Source")).PutAsync("photos/001.webp", [1]);
        if (from == "folder")
            Directory.CreateSymbolicLink(Path.Combine(Setting(host, "Source"), "link"), _folder.Path);

        (await host.MigrateAsync(new MigrationParameters(DryRun: true))).Report.NamedButMissing.ShouldBe(keys.Length - 1);
    }

    [Fact]
    public async Task What_the_target_loses_is_mended_when_it_is_verified()
    {
        var (from, to) = (_folder.Of("from"), _folder.Of("to"));
        await using var host = await StartAsync(from, to);
        var (source, target) = (host.Open(from), host.Open(to));
        await source.FillAsync();
        using var ledger = MigrationLedger.Open(_folder.Of("ledger.db"), "migration-1-a");
        var copier = new ObjectCopier(source, target, ledger, new UploadBook(checkpoint: null, fromFile: null), dryRun: false, static _ => { });
        await foreach (var stored in source.ListAsync(null, Cancel))
            await copier.CopyAsync(stored, Cancel);
        await File.WriteAllBytesAsync(Path.Combine(to, "photos/005.webp"), Samples.Bytes(1_005, seed: 3), Cancel);
        File.Delete(Path.Combine(to, "video.mp4"));

        await foreach (var stored in source.ListAsync(null, Cancel))
            await copier.VerifyAsync(stored, Cancel);

        (await target.ContentsAsync()).ShouldBe(await source.ContentsAsync());
        (ledger.Sum(UploadPieces.WorthIt).Mended, ledger.Sum(UploadPieces.WorthIt).Verified).ShouldBe((2, All));
    }

    [Fact]
    public async Task A_migration_that_fails_says_so()
    {
        await using var host = await StartAsync($"s3://no-such-bucket?endpoint={fixture.Server.Endpoint}", PlaceOf("folder"));

        var started = await host.StartAsync(new MigrationParameters());
        var job = await host.EndAsync(started);

        job.State.ShouldBe(JobState.Failed);
        var states = host.Get<MigrationStates>();
        await WaitAsync(() => Task.FromResult(states.Find(started.MigrationId)!.Status == "failed"), "the failure in the migrations' own table");
        states.Find(started.MigrationId)!.Error.ShouldNotBeNull().ShouldContain("bucket");
    }

    /// <summary>Nothing else would write what it says within the hour: neither a flush, nor somebody who watches, nor its end.</summary>
    [Fact]
    public async Task Who_reads_along_is_told_at_once()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0); // takes requests, and answers none
        silent.Start();
        await using var host = await StartAsync($"s3://bucket?endpoint=http://{silent.LocalEndpoint}", PlaceOf("folder"), ("Longhaul:Worker:FlushInterval", "01:00:00"));

        var started = await host.StartAsync(new MigrationParameters(Live: true));

        await WaitAsync(async () => (await LinesAsync()).Contains("phase inventory"), "the first line");
        await host.Jobs.CancelAsync(started.Job, "the test", Cancel);
        (await host.EndAsync(started)).State.ShouldBe(JobState.Cancelled);

        async Task<IEnumerable<string>> LinesAsync()
            => (await host.Get<IJobStore>().ListLogsAsync(new LogFilter { Job = started.Job }, new PageRequest(10), Cancel)).Items.Select(static line => line.Line.Text);
    }

    private static string Setting(MigrationHost host, string name) => name == "Source" ? host.Options.Source : host.Options.Target;

    private static async Task WaitAsync(Func<Task<bool>> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            TimeProvider.System.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromMinutes(1), $"waited in vain for {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Cancel);
        }
    }

    private string PlaceOf(string kind, string bucket = S3Places.Bucket) => kind == "bucket" ? fixture.Place(bucket) : _folder.Of(Guid.NewGuid().ToString("N"));

    private Task<MigrationHost> StartAsync(string source, string target, params (string, string?)[] settings)
        => MigrationHost.StartAsync(Root, source, target, [("Migration:BatchSize", "4"), ("Migration:CheckpointEvery", "1"), ("Migration:Parallelism", "4"), .. settings]);
}
